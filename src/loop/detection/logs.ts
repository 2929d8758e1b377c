import type { LogSignal } from "../signal/signal.ts";
import { createFaults, type Faults } from "./faults.ts";
import type { Finding } from "./finding.ts";
import { createLogServices, type LogLimits } from "./log-services.ts";
import { judgeService, passOver, takeLine, type LoggingService } from "./logging-service.ts";
import type { Away } from "./own-time.ts";

export interface LogStats extends Readonly<Record<string, number>> {
  readonly logShapes: number;
  readonly logServices: number;
  /** Services let go to make room for others, with all that was learned of them. */
  readonly logServicesForgotten: number;
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
  /** Nobody looked: no line is missed for it, and nothing is learned from it. */
  away(time: Away): void;
  stats(): LogStats;
  /** What had no room, worst first. */
  crowded(nowMs: number): string[];
}

/** `isDeclared`: services of the care repo, which have room first. */
export function createLogWatch(
  given: Partial<LogLimits> = {},
  isDeclared: (service: string, environment: string) => boolean = () => false,
  faults: Faults = createFaults(),
): LogWatch {
  const services = createLogServices(given, isDeclared);
  const judge = (s: LoggingService, nowMs: number): Finding[] => {
    const [work, letGo] = [() => judgeService(s, nowMs), () => services.drop(s)];
    return faults.attempt("logs", s, nowMs, work, letGo) ?? [];
  };

  return {
    take(log, nowMs) {
      const s = services.of(log, nowMs);
      if (s) faults.attempt("logs", log, nowMs, () => takeLine(s, log, nowMs));
    },
    away: (time) => services.all().forEach((s) => passOver(s, time)),
    tick: (nowMs) => [...services.letGo(nowMs), ...services.all().flatMap((s) => judge(s, nowMs))],
    crowded: (nowMs) => services.crowded(nowMs),
    stats() {
      const all = services.all().map((s) => ({
        shapes: s.shapes.size,
        missed: s.sessions?.missed() ?? 0,
        ...s.miner.stats(),
      }));
      const sum = (of: (s: (typeof all)[number]) => number) => all.reduce((n, s) => n + of(s), 0);
      return {
        ...services.stats(),
        logShapes: sum((s) => s.shapes),
        logShapesForgotten: sum((s) => s.forgotten),
        logsCut: sum((s) => s.cut),
        logSessionsMissed: sum((s) => s.missed),
      };
    },
  };
}
