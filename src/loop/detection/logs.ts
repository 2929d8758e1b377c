import type { LogSignal } from "../signal/signal.ts";
import type { Finding } from "./finding.ts";
import { judgeService, newService, takeLine, type LoggingService } from "./logging-service.ts";

/** Services watched (I11). */
const servicesMax = 5_000;

export interface LogStats extends Readonly<Record<string, number>> {
  readonly logShapes: number;
  /** Lines of services beyond the bound, of which nothing is known. */
  readonly logsUnshaped: number;
  /** Templates let go to make room, and lines of which only the beginning was looked at. */
  readonly logShapesForgotten: number;
  readonly logsCut: number;
  /** Traces not compared with others, because too many were open. */
  readonly logSessionsMissed: number;
}

/**
 * New kinds of error lines, warnings or errors that suddenly come often, lines that came regularly and stopped while the service
 * goes on logging, and traces that log unlike others (B5). A finding clears after a quiet minute. A service that logs nothing at
 * all is for absence to tell: whether a line is missing is unknown then.
 */
export interface LogWatch {
  take(log: LogSignal, nowMs: number): void;
  /** Findings that fired, go on, or cleared. */
  tick(nowMs: number): Finding[];
  stats(): LogStats;
}

export function createLogWatch(): LogWatch {
  const services = new Map<string, LoggingService>();
  let unshaped = 0;

  function serviceOf({ service, environment }: LogSignal, nowMs: number): LoggingService | undefined {
    const key = JSON.stringify([environment, service]);
    const known = services.get(key);
    if (known || services.size >= servicesMax) return known;
    const fresh = newService(service, environment, nowMs);
    services.set(key, fresh);
    return fresh;
  }

  return {
    take(log, nowMs) {
      const s = serviceOf(log, nowMs);
      if (s) takeLine(s, log, nowMs);
      else unshaped++;
    },
    tick: (nowMs) => [...services.values()].flatMap((s) => judgeService(s, nowMs)),
    stats() {
      const all = [...services.values()].map((s) => ({
        shapes: s.shapes.size,
        missed: s.sessions?.missed() ?? 0,
        ...s.miner.stats(),
      }));
      const sum = (of: (s: (typeof all)[number]) => number) => all.reduce((n, s) => n + of(s), 0);
      return {
        logShapes: sum((s) => s.shapes),
        logsUnshaped: unshaped,
        logShapesForgotten: sum((s) => s.forgotten),
        logsCut: sum((s) => s.cut),
        logSessionsMissed: sum((s) => s.missed),
      };
    },
  };
}
