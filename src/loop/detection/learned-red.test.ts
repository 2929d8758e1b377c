import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDetector, type Detector } from "./detector.ts";
import type { Finding } from "./finding.ts";
import { readRed, writeRed } from "./learned-red.ts";
import { bucketMs } from "./red.ts";
import { parseSeriesName } from "./series-name.ts";
import { shopService, startMs, traffic, type Behaviour } from "./traffic.testsuite.ts";
import { redDimensions, findingOf, takeBucket, watchSeries, type SeriesWatch } from "./watch-series.ts";

const asText = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const at = (i: number): number => startMs + i * bucketMs;

/** Findings of a series of buckets, and the watch afterwards. */
function lived(watch: SeriesWatch, buckets: readonly ReturnType<ReturnType<typeof traffic>>[]) {
  return buckets.map((bucket) => {
    takeBucket(watch, bucket);
    return redDimensions.map((d) => findingOf(watch, d, bucket.startMs));
  });
}

/** Buckets of which those in [`from`, `from` + 20) are in trouble. */
function buckets(seed: number, many: number, from: number, trouble: Partial<Behaviour>) {
  const make = traffic(shopService("cart"), seed);
  return Array.from({ length: many }, (_, i) => make(at(i), i >= from && i < from + 20 ? trouble : {}));
}

const name = parseSeriesName(JSON.stringify(["service", "shop", "cart"]));
const fresh = (): SeriesWatch => {
  if (!name) throw new Error("no name");
  return watchSeries(name);
};

it("what was read back finds what the one written down would have found, whenever that was", () => {
  const troubles = [{ errorShare: 0.3 }, { medianMs: 200 }, { perSecond: 0.5 }, { otherShare: 0.3 }];
  fc.assert(
    fc.property(fc.nat(199), fc.nat(3), fc.nat(99), (i, which, seed) => {
      const all = buckets(seed, 200, 120, troubles[which] ?? {});
      const watch = fresh();
      lived(watch, all.slice(0, i));
      const copy = readRed(asText(writeRed(watch)));
      expect(copy).toEqual(watch);
      if (copy) expect(lived(copy, all.slice(i))).toEqual(lived(watch, all.slice(i)));
    }),
    { numRuns: 60 },
  );
});

describe("a detector that was started again", () => {
  const services = ["cart", "gateway", "pay"];

  function run(detector: Detector, from: number, to: number, change: Partial<Behaviour> = {}): Finding[] {
    const found: Finding[] = [];
    for (let i = from; i < to; i++) {
      detector.ingestBuckets(services.map((s, n) => traffic(shopService(s), 1_000 * n + i)(at(i), change)));
      found.push(...detector.tick(at(i) + 8_000));
    }
    return found;
  }

  const again = (detector: Detector, nowMs: number): { next: Detector; went: string[] } => {
    const next = createDetector();
    const went = detector.learned.flatMap((part, p) =>
      [...part.written(-Infinity)].map(({ state }) => next.learned[p]?.restore(asText(state), nowMs) ?? "no part"),
    );
    return { next, went };
  };
  const first = createDetector();
  run(first, 0, 600);

  it("knows at once what is usual, and a new one does not", () => {
    const { next } = again(first, at(601));
    const found = run(next, 601, 604, { errorShare: 0.3 });
    expect(new Set(found.map((f) => f.id))).toEqual(new Set(services.map((s) => `${s}/errors@shop`)));
    expect(run(createDetector(), 601, 604, { errorShare: 0.3 })).toEqual([]);
  });

  it.each([0, 1, 5, 12, 60, 725])("says nothing of traffic as usual after a gap of %i buckets", (gap) => {
    const { next, went } = again(first, at(600 + gap));
    expect(run(next, 600 + gap, 1_200 + gap)).toEqual([]);
    expect(new Set(went)).toEqual(new Set([gap < 720 ? "restored" : "too old"]));
  });

  it("says nothing when senders come back one after the other, all at once with what they kept, or with another share", () => {
    const { next } = again(first, at(602));
    for (const [i, perSecond] of [0.4, 0.4, 1, 30, 2, 7, 40, 7, 7].entries())
      expect(run(next, 602 + i, 603 + i, { perSecond })).toEqual([]);
    expect(run(next, 611, 700)).toEqual([]);
    expect(run(again(first, at(602)).next, 602, 900, { perSecond: 2 })).toEqual([]);
  });

  it("goes on with what fired, clears it when it is over, and after a longer gap begins anew with it", () => {
    const { next: troubled } = again(first, at(600));
    expect(run(troubled, 600, 610, { errorShare: 0.3 })).not.toEqual([]);
    const since = troubled.firing()[0]?.sinceMs;
    const { next } = again(troubled, at(611));
    run(next, 611, 612, { errorShare: 0.3 });
    expect(next.firing()[0]).toMatchObject({ id: "cart/errors@shop", sinceMs: since });
    run(next, 612, 640);
    expect(next.firing()).toEqual([]);
    expect(run(again(troubled, at(640)).next, 640, 700)).toEqual([]);
  });

  it("learns anew when the clock was set back, and when what was kept is damaged", () => {
    const { next, went } = again(first, at(100));
    expect(new Set(went)).toEqual(new Set(["too old"]));
    expect(run(next, 100, 300)).toEqual([]);
    const [good] = [...(first.learned[0]?.written(0) ?? [])];
    const { state } = (good?.state ?? {}) as { state: object };
    const key = JSON.stringify(["service", "shop", "cart"]);
    const names = [{ key }, { key: "[", state }, { key: '["service', state }, { key: "{}", state }];
    const states = [{ recent: { size: 99 } }, { watched: {} }, { requests: "many" }];
    for (const bad of [undefined, null, 7, {}, ...names, ...states.map((s) => ({ key, state: { ...state, ...s } }))])
      expect(createDetector().learned[0]?.restore(bad, at(601))).toBe("damaged");
  });
});
