import { createOwnTime, type OwnTime } from "../../loop/detection/own-time.ts";
import type { RedAggregator } from "../../loop/detection/red-aggregator.ts";
import { timely } from "../../loop/detection/timely.ts";
import type { Detector } from "../../loop/detection/detector.ts";
import type { LogSignal, TelemetrySignal } from "../../loop/signal/signal.ts";
import type { Intake } from "../../server/intake.ts";
import type { NotableMemory } from "./notable.ts";

/** Telemetry signals waiting to be aggregated, and log lines waiting for the next tick (I11). */
const logsMax = 20_000;

export interface Sight {
  readonly intake: Pick<Intake, "telemetry">;
  takeLogs(): LogSignal[];
  counters(): Record<string, number>;
}

/** Where telemetry enters the loop: spans are joined to traces, spans and metrics aggregated as they come; logs wait, bounded, for the detector. */
export function createSight(
  aggregator: RedAggregator,
  detector: Pick<Detector, "ingestSpan" | "ingestMetric">,
  nowMs: () => number,
  notable?: Pick<NotableMemory, "take">,
  time: Pick<OwnTime, "own" | "log"> = createOwnTime(),
): Sight {
  let logs: LogSignal[] = [];
  let [received, dropped, faulty] = [0, 0, 0];
  let [future, past] = [0, 0];

  /** What is replayed, or comes from a wrong clock, says nothing about now. */
  function isTimely(log: LogSignal, atMs: number): boolean {
    const aheadMs = time.log(log.timeMs) - time.own(atMs);
    const ahead = aheadMs > timely.futureMs;
    const behind = aheadMs < -timely.pastMs;
    future += Number(ahead);
    past += Number(behind);
    return !ahead && !behind;
  }

  function see(signal: TelemetrySignal, at: number): void {
    if (signal.kind === "log") logs.push(signal);
    else aggregator.add(signal, at);
    if (signal.kind === "span") detector.ingestSpan(signal, at);
    else if (signal.kind === "metric") detector.ingestMetric(signal, at);
    // Only what was taken: what is refused comes again, and would be quoted as often as it was sent.
    notable?.take(signal, at);
  }

  return {
    intake: {
      telemetry(signals: readonly TelemetrySignal[]) {
        received += signals.length;
        let lost = 0;
        const at = nowMs();
        for (const signal of signals) {
          if (signal.kind === "log" && !isTimely(signal, at)) continue;
          if (signal.kind === "log" && logs.length >= logsMax) {
            lost++;
            continue;
          }
          try {
            see(signal, at);
          } catch {
            // It would be so again: nobody need send it again, and what comes with it is as good as ever.
            faulty++;
          }
        }
        dropped += lost;
        return { dropped: lost, why: lost > 0 ? `more than ${logsMax} log records wait to be looked at` : "" };
      },
    },
    takeLogs() {
      const taken = logs;
      logs = [];
      return taken;
    },
    counters: () => ({
      telemetrySignals: received,
      telemetryDropped: dropped,
      telemetryFaulty: faulty,
      logsWaiting: logs.length,
      logsFuture: future,
      logsPast: past,
    }),
  };
}
