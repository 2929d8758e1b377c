import { createFailingCalls } from "../loop/detection/failing-calls.ts";
import { createNotableLines } from "../loop/detection/notable-lines.ts";
import { vocabularyOf } from "../loop/diagnosis/signatures/vocabulary.ts";
import type { TelemetrySignal } from "../loop/signal/signal.ts";
import type { Notable } from "../engine/world.ts";
import type { ActiveConfig } from "../ports/config.ts";

/** Reads by the names telemetry uses, as the naming of the care repo asks. */
export type ReadNotable = (environment: string, services: readonly string[]) => Notable;

/** What this controller was told of lately that a diagnosis may rest on: log lines, and failed calls by status. In memory. */
export interface NotableMemory {
  take(signal: TelemetrySignal, nowMs: number): void;
  readonly read: ReadNotable;
  counters(): Record<string, number>;
}

export function createNotableMemory(config: () => ActiveConfig, nowMs: () => number): NotableMemory {
  const lines = createNotableLines((text) => vocabularyOf(config().signatures).matches(text).size > 0);
  const calls = createFailingCalls();
  return {
    take(signal, atMs) {
      if (signal.kind === "log") lines.take(signal, atMs);
      else if (signal.kind === "span") calls.take(signal, atMs);
    },
    read(environment, services) {
      const atMs = nowMs();
      const logs = services.flatMap((name) => {
        const read = lines.read(name, environment, atMs);
        return read ? [[name, read] as const] : [];
      });
      return { logs: Object.fromEntries(logs), failedCalls: calls.read(services, environment, atMs) };
    },
    counters: () => ({ ...lines.stats(), ...calls.stats() }),
  };
}
