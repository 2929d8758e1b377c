import { createFailingCalls } from "../../loop/detection/failing-calls.ts";
import { createNotableSeries } from "../../loop/detection/metrics/notable-series.ts";
import { createNotableLines } from "../../loop/detection/notable-lines.ts";
import { asksAboutMetric } from "../../loop/diagnosis/signatures/metric-names.ts";
import { vocabularyOf } from "../../loop/diagnosis/signatures/vocabulary.ts";
import type { TelemetrySignal } from "../../loop/signal/signal.ts";
import type { Notable } from "../../engine/world.ts";
import type { ActiveConfig } from "../../ports/config.ts";

/** Reads by the names telemetry uses, as the naming of the care repo asks. */
export type ReadNotable = (environment: string, services: readonly string[]) => Notable;

/** What this controller was told of lately that a diagnosis may rest on: log lines, failed calls by status, and metrics that known failures ask about. In memory. */
export interface NotableMemory {
  take(signal: TelemetrySignal, nowMs: number): void;
  readonly read: ReadNotable;
  counters(): Record<string, number>;
}

export function createNotableMemory(config: () => ActiveConfig, nowMs: () => number): NotableMemory {
  const lines = createNotableLines((text) => vocabularyOf(config().signatures).matches(text).size > 0);
  const calls = createFailingCalls();
  const series = createNotableSeries((name) => asksAboutMetric(config().signatures)(name));
  return {
    take(signal, atMs) {
      if (signal.kind === "log") lines.take(signal, atMs);
      else if (signal.kind === "span") calls.take(signal, atMs);
      else series.take(signal, atMs);
    },
    read(environment, services) {
      const atMs = nowMs();
      const those = <T>(read: (name: string) => T | undefined): Record<string, T> =>
        Object.fromEntries(
          services.flatMap((name) => {
            const found = read(name);
            return found === undefined ? [] : [[name, found] as const];
          }),
        );
      return {
        logs: those((name) => lines.read(name, environment, atMs)),
        streams: those((name) => series.read(name, environment)),
        failedCalls: calls.read(services, environment, atMs),
      };
    },
    counters: () => ({ ...lines.stats(), ...calls.stats(), ...series.stats() }),
  };
}
