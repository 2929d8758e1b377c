import { describe, expect, test } from "vitest";
import { shopService, startMs, traffic, type Behaviour } from "../traffic.testsuite.ts";
import { bucketMs } from "../red.ts";
import { takeBucket, watchSeries } from "../watch-series.ts";
import { parseSeriesName } from "../series-name.ts";
import { requestSigns } from "./request-signs.ts";

const warm = 120;
const usual: Partial<Behaviour> = { otherShare: 0.1 };

/** Signs in the last of some buckets; `change` tells how the service behaves in each after the warm ones, `null`: nothing comes. */
function signsAfter(change: (i: number) => Partial<Behaviour> | null, buckets: number, seed = 1) {
  const make = traffic(shopService("cart"), seed);
  const name = parseSeriesName(make(startMs).series);
  if (!name) throw new Error("no name");
  const s = watchSeries(name);
  for (let i = 0; i < warm + buckets; i++) {
    const behaviour = i < warm ? {} : change(i - warm);
    if (behaviour) takeBucket(s, make(startMs + i * bucketMs, { ...usual, ...behaviour }));
  }
  return requestSigns(s);
}
const dimensions = (change: (i: number) => Partial<Behaviour> | null, buckets = 6): string[] =>
  signsAfter(change, buckets).map((s) => s.dimension);

describe("what lasts", () => {
  test("is nothing in usual times", () => {
    for (let seed = 0; seed < 200; seed++)
      expect(signsAfter(() => ({}), 6, seed).filter((s) => s.chance < 1e-4)).toEqual([]);
  });

  test("is most requests becoming slower while the slowest stay as slow", () => {
    const [sign] = signsAfter(() => ({ medianMs: 80 }), 6);
    expect(sign).toMatchObject({ dimension: "latency", from: "requests" });
    expect(sign?.chance).toBeLessThan(1e-5);
    expect(sign?.told()).toMatch(/^half take over \d+ ms, usually \d+ ms$/);
  });

  test("is few failures that go on", () => {
    expect(dimensions(() => ({ errorShare: 0.06 }))).toEqual(["errors"]);
    expect(signsAfter(() => ({ errorShare: 0.06 }), 6)[0]?.told()).toMatch(/% fail, usually 0\.\d%$/);
  });

  test("is much more traffic, or much less", () => {
    expect(dimensions(() => ({ perSecond: 20 }))).toEqual(["traffic"]);
    expect(dimensions(() => ({ perSecond: 2 }))).toEqual(["traffic"]);
  });

  test("is no hiccup of ten seconds", () =>
    expect(dimensions((i) => (i < 2 ? { medianMs: 120, errorShare: 0.5 } : {}), 5)).toEqual([]));

  test("is unknown where half a minute is missing", () => {
    const after = (i: number) => (i < 40 ? null : { medianMs: 80 });
    expect(dimensions(after, 42)).toEqual([]);
    expect(dimensions(after, 46)).toEqual(["latency"]);
  });
});
