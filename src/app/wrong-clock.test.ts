import { describe, expect, it } from "vitest";
import { createDetector } from "../loop/detection/detector.ts";
import type { Finding } from "../loop/detection/finding.ts";
import { createOwnTime } from "../loop/detection/own-time.ts";
import { createRedAggregator } from "../loop/detection/red-aggregator.ts";
import type { Slo } from "../loop/detection/slo.ts";
import type { TelemetrySignal } from "../loop/signal/signal.ts";
import { createSight } from "./sight.ts";
import { shopTelemetry, type ShopTrouble } from "./shop-telemetry.testsuite.ts";

const hour = 3_600_000;
const slo: Slo = {
  name: "cart-availability",
  service: "cart",
  environment: "shop",
  objective: 0.99,
  windowMs: 28 * 24 * hour,
  indicator: { type: "errors" },
  alerts: [{ severity: "page", longMs: 60_000, shortMs: 15_000, factor: 10 }],
};

interface Given {
  /** Whether there is a clock that nobody sets. */
  readonly steady?: boolean;
  /** Whether the senders' clocks are set with the machine's. */
  readonly local?: boolean;
}

/** Intake and detection as the server joins them, looked at each second, with a clock that can be set and a controller that can be stopped. */
function watched({ steady = true, local = true }: Given = {}) {
  const time = createOwnTime();
  const [aggregator, detector] = [createRedAggregator({}, undefined, time), createDetector({}, time)];
  const shop = shopTelemetry(1);
  let [trueMs, offMs] = [1_700_000_000_000, 0];
  const look = (): number => {
    time.look(trueMs + offMs, steady ? trueMs : undefined);
    return trueMs + offMs;
  };
  const sight = createSight(aggregator, detector, look, undefined, time);
  const told: Finding[] = [];
  detector.configure([slo]);

  function second(trouble?: ShopTrouble): void {
    trueMs += 1_000;
    sight.intake.telemetry(shop(local ? trueMs + offMs : trueMs, trouble));
    const nowMs = look();
    detector.ingestBuckets(aggregator.close(nowMs), nowMs);
    detector.ingestLogs(sight.takeLogs(), nowMs);
    told.push(...detector.tick(nowMs));
  }

  return {
    told,
    detector,
    sight,
    nowMs: () => trueMs + offMs,
    run(seconds: number, trouble?: ShopTrouble): void {
      for (let i = 0; i < seconds; i++) second(trouble);
    },
    set: (byMs: number) => void (offMs += byMs),
    /** Nobody looks; what the shop sends meanwhile is lost, or comes all at once when looking goes on. */
    pause(seconds: number, comesLater = false): void {
      const waiting = Array.from({ length: seconds }, () => shop((trueMs += 1_000) + offMs)).flat();
      if (comesLater) sight.intake.telemetry(waiting);
    },
    stats: () => ({ ...sight.counters(), ...aggregator.stats(), ...detector.stats() }),
  };
}

type Watched = ReturnType<typeof watched>;

/** What is seen of a cart in trouble within half a minute, and that somebody fell silent. */
function seesTrouble(w: Watched, run: Watched["run"] = w.run): void {
  run(40, { cart: true });
  const kinds = new Set(w.detector.firing().map((f) => f.dimension));
  expect([...kinds].toSorted()).toEqual(["burn-rate", "duration", "errors", "logs", "metrics", "structure"]);
  for (const f of w.detector.firing()) {
    expect(f.sinceMs, f.id).toBeLessThan(w.nowMs());
    if (f.dimension !== "metrics") expect(f.sinceMs, f.id).toBeGreaterThan(w.nowMs() - 60_000);
    expect(f.atMs, f.id).toBeLessThanOrEqual(w.nowMs() + 5_000);
    const since = new Date(f.sinceMs).toISOString().slice(11, 19);
    expect(f.summary).toContain(`since ${since}Z`);
  }
  run(30, { cart: true, silent: "gateway" });
  expect(w.detector.firing().some((f) => f.id === "gateway/absence@shop")).toBe(true);
}

const known = 420;
const story: Readonly<Record<string, (w: Watched) => void>> = {
  "nothing happens": () => {},
  "it is set two hours ahead and back": (w) => {
    w.set(2 * hour);
    w.run(120);
    w.set(-2 * hour);
    w.run(60);
  },
  "it is set two hours back and ahead": (w) => {
    w.set(-2 * hour);
    w.run(120);
    w.set(2 * hour);
    w.run(60);
  },
  "it is set back by five minutes": (w) => {
    w.set(-300_000);
    w.run(60);
  },
  "it is set by a few seconds, again and again": (w) => {
    for (const by of [-1_000, 3_000, -4_000, 1_000, -9_000, 9_000, 2_000, -1_000]) {
      w.set(by);
      w.run(20);
    }
  },
};

describe("with a clock that is wrong", () => {
  it.each(Object.entries(story))("nothing is told of what did not happen, and trouble is seen: %s", (_, happens) => {
    const w = watched();
    w.run(known);
    happens(w);
    expect(w.told.map((f) => f.summary)).toEqual([]);
    seesTrouble(w);
  });

  it("it is seen on without a steady clock", () => {
    const w = watched({ steady: false });
    w.run(known);
    story["it is set two hours ahead and back"]?.(w);
    expect(w.told.map((f) => f.summary)).toEqual([]);
    seesTrouble(w);
  });

  it("telemetry of others, whose clocks are right, is seen on", () => {
    const w = watched({ local: false });
    w.run(known);
    w.set(2 * hour);
    w.run(120);
    expect(w.told.map((f) => f.summary)).toEqual([]);
    seesTrouble(w);
  });

  it("what stands goes on standing, and is over when it is over", () => {
    const w = watched();
    w.run(known);
    w.run(40, { cart: true });
    const before = w.detector.firing().map((f) => f.id);
    w.set(-2 * hour);
    w.run(30, { cart: true });
    expect(w.detector.firing().map((f) => f.id)).toEqual(before);
    for (const f of w.detector.firing()) expect(f.sinceMs).toBeLessThan(w.nowMs());
    w.run(240);
    expect(w.detector.firing().map((f) => f.summary)).toEqual([]);
  });
});

describe("with a sender whose clock is wrong", () => {
  const clocks = [2 * hour, 365 * 24 * hour, -2 * hour, 9_000, 11_000] as const;
  it.each(clocks)("what it sends %d ms ahead moves nobody's time, and what is refused is counted", (ms) => {
    const w = watched();
    const [wrong, before] = [shopTelemetry(2), w.stats()];
    const rename = (signals: readonly TelemetrySignal[]) =>
      signals.map((s) => ({ ...s, service: `wrong-${s.service}` }));
    const run = (seconds: number, trouble?: ShopTrouble): void => {
      for (let i = 0; i < seconds; i++) {
        w.sight.intake.telemetry(rename(wrong(w.nowMs() + ms)));
        w.run(1, trouble);
      }
    };
    run(known);
    expect(w.told.map((f) => f.summary)).toEqual([]);
    const after = w.stats();
    const grew = (counter: string): number => (after[counter] ?? 0) - (before[counter] ?? 0);
    if (ms > 10_000) expect(grew("future")).toBeGreaterThan(known * 20);
    if (ms > 10_000) expect(grew("logsFuture")).toBeGreaterThan(known * 10);
    if (ms > 10_000) expect(grew("metricPointsFuture")).toBeGreaterThan(known);
    if (ms < 0) expect(grew("past") + grew("logsPast")).toBeGreaterThan(known * 30);
    expect(grew("late")).toBe(0);
    seesTrouble(w, run);
  });
});

describe("after a time in which nobody looked", () => {
  it.each([
    [8, false],
    [14, false],
    [45, false],
    [45, true],
    [600, false],
    [600, true],
    [8 * 3_600, false],
  ])("of %d s nothing is told, and trouble is seen (what was sent comes later: %s)", (seconds, comesLater) => {
    const w = watched();
    w.run(known);
    w.pause(seconds, comesLater);
    w.run(60);
    expect(w.told.map((f) => f.summary)).toEqual([]);
    seesTrouble(w);
  });
});
