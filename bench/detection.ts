import type { TelemetrySignal } from "../src/loop/signal/signal.ts";
import { createNotableMemory } from "../src/app/notable.ts";
import { createSight } from "../src/app/sight.ts";
import { createDetector } from "../src/loop/detection/detector.ts";
import { createRedAggregator } from "../src/loop/detection/red-aggregator.ts";
import type { ActiveConfig } from "../src/ports/config.ts";
import { shippedSignatures } from "./shipped-signatures.ts";

/** Of the config, intake and detection only ask for signatures. */
const config = { signatures: await shippedSignatures() } as unknown as ActiveConfig;

/** Intake and detection as the server joins them, on a simulated clock; without the store, the archive and incidents. */
export function detectionBench() {
  let nowMs = 0;
  const aggregator = createRedAggregator();
  const detector = createDetector();
  const notable = createNotableMemory(
    () => config,
    () => nowMs,
  );
  const sight = createSight(aggregator, detector, () => nowMs, notable);
  return {
    telemetry: (signals: readonly TelemetrySignal[]) => sight.intake.telemetry(signals),
    /** Moves the clock; detection looks once per round, as it would. */
    tick(atMs: number): void {
      nowMs = atMs;
      detector.ingestBuckets(aggregator.close(nowMs));
      detector.ingestLogs(sight.takeLogs(), nowMs);
      detector.tick(nowMs);
    },
    counters: () => ({ ...sight.counters(), ...detector.stats() }),
  };
}
