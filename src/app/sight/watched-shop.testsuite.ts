import { expect } from "vitest";
import { createDetector } from "../../loop/detection/detector.ts";
import type { Finding } from "../../loop/detection/finding.ts";
import { createOwnTime } from "../../loop/detection/own-time.ts";
import { createRedAggregator } from "../../loop/detection/red-aggregator.ts";
import type { Slo } from "../../loop/detection/slo.ts";
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
export function watched({ steady = true, local = true }: Given = {}) {
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

export type Watched = ReturnType<typeof watched>;

/** What is seen of a cart in trouble within half a minute, and that somebody fell silent. */
export function seesTrouble(w: Watched, run: Watched["run"] = w.run): void {
  run(40, { cart: true });
  const kinds = new Set(w.detector.firing().map((f) => f.dimension));
  expect([...kinds].toSorted()).toEqual(["burn-rate", "duration", "errors", "joint", "logs", "metrics", "structure"]);
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
