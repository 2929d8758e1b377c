import type { TelemetrySignal } from "../src/loop/signal/signal.ts";
import { createDetector } from "../src/loop/detection/detector.ts";
import { createRedAggregator } from "../src/loop/detection/red-aggregator.ts";
import { createSight } from "../src/app/sight.ts";

/** Intake and detection as the server joins them, on a simulated clock; without the store and without incidents. */
export function detectionBench() {
  let nowMs = 0;
  const aggregator = createRedAggregator();
  const detector = createDetector();
  const sight = createSight(aggregator, detector, () => nowMs);
  return {
    telemetry: (signals: readonly TelemetrySignal[]) => sight.intake.telemetry(signals),
    /** Moves the clock; detection looks once per round, as it would. */
    tick(atMs: number): void {
      nowMs = atMs;
      detector.ingestBuckets(aggregator.close(nowMs));
      detector.ingestLogs(sight.takeLogs(), nowMs);
      detector.tick(nowMs);
    },
    counters: () => sight.counters(),
  };
}
