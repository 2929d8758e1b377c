import type { TelemetrySignal } from "../src/loop/signal/signal.ts";
import { createNotableMemory } from "../src/app/sight/notable.ts";
import { createSight } from "../src/app/sight/sight.ts";
import { defaultSettings } from "../src/care/default-settings.ts";
import { confirm } from "../src/loop/detection/confirm.ts";
import { createDetector } from "../src/loop/detection/detector.ts";
import type { Watchable } from "../src/loop/detection/watches.ts";
import type { Edge } from "../src/loop/detection/finding.ts";
import type { RedBucket } from "../src/loop/detection/red.ts";
import { createRedAggregator } from "../src/loop/detection/red-aggregator.ts";
import type { ActiveConfig } from "../src/ports/config.ts";
import { shippedSignatures } from "./shipped-signatures.ts";

/** Of the config, intake and detection only ask for signatures. */
const config = { signatures: await shippedSignatures() } as unknown as ActiveConfig;

/** As long as the server takes a call for known. */
const edgesWithinMs = 30 * 60_000;

/** Intake and detection as the server joins them, on a simulated clock; without the store, the archive and incidents. `services` are declared. */
export function detectionBench(services: readonly Watchable[] = []) {
  let nowMs = 0;
  const aggregator = createRedAggregator();
  const detector = createDetector();
  detector.configure([], services);
  const notable = createNotableMemory(
    () => config,
    () => nowMs,
  );
  const sight = createSight(aggregator, detector, () => nowMs, notable);
  return {
    telemetry: (signals: readonly TelemetrySignal[]) => sight.intake.telemetry(signals),
    /** Moves the clock, and detection looks. `buckets`: requests that were counted already. */
    tick(atMs: number, buckets: readonly RedBucket[] = []): void {
      nowMs = atMs;
      detector.ingestBuckets([...aggregator.close(nowMs), ...buckets], nowMs);
      detector.ingestLogs(sight.takeLogs(), nowMs);
      detector.tick(nowMs);
    },
    firing: () => detector.firing(),
    /** What is worth an incident now. `known`: calls known beside those that were seen. */
    groups: (environment: string, known: readonly Edge[] = []) =>
      confirm(
        detector.firing(),
        [...known, ...aggregator.edges(environment, nowMs, edgesWithinMs)],
        nowMs,
        defaultSettings.incidents.confirmMs,
      ),
    counters: () => ({ ...sight.counters(), ...detector.stats() }),
  };
}
