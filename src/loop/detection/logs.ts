import type { LogSignal } from "../signal/signal.ts";
import { createCrowd } from "./crowd.ts";
import type { Finding } from "./finding.ts";
import { endService, judgeService, newService, takeLine, type LoggingService } from "./logging-service.ts";

/** What is kept at one time (I11). */
export interface LogLimits {
  readonly servicesMax: number;
  /** Of these, kept free for declared services. */
  readonly reserved: number;
  /** Forms of lines of all services together, at 1 to 4 KB each; beyond it the services silent for longest are forgotten. */
  readonly formsMax: number;
  /** A service that logs nothing for so long is forgotten. */
  readonly idleMs: number;
}

const usual: LogLimits = { servicesMax: 5_000, reserved: 500, formsMax: 150_000, idleMs: 24 * 3_600_000 };
const sweepMs = 10_000;
/** Where room is short, so soon: services that logged a few lines only, and others that are not declared. */
const fewLines = 20;
const fewIdleMs = 60_000;
const crowdedIdleMs = 3_600_000;

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
  stats(): LogStats;
  /** What had no room, worst first. */
  crowded(nowMs: number): string[];
}

/** `isDeclared`: services of the care repo, which have room first. */
export function createLogWatch(
  given: Partial<LogLimits> = {},
  isDeclared: (service: string, environment: string) => boolean = () => false,
): LogWatch {
  const limits = { ...usual, ...given };
  const services = new Map<string, LoggingService>();
  const crowd = createCrowd();
  const forgotten = createCrowd();
  let [isFull, sweptMs] = [false, -Infinity];

  function serviceOf({ service, environment }: LogSignal, nowMs: number): LoggingService | undefined {
    const key = JSON.stringify([environment, service]);
    const known = services.get(key);
    if (known) return known;
    isFull = services.size >= limits.servicesMax - (isDeclared(service, environment) ? 0 : limits.reserved);
    if (isFull) {
      crowd.refuse("lines of further services", nowMs);
      return undefined;
    }
    const fresh = newService(service, environment, nowMs);
    services.set(key, fresh);
    return fresh;
  }

  function sweep(nowMs: number): Finding[] {
    if (nowMs - sweptMs < sweepMs && nowMs >= sweptMs) return [];
    sweptMs = nowMs;
    const idleMs = (s: LoggingService): number =>
      !isFull || isDeclared(s.service, s.environment)
        ? limits.idleMs
        : s.lines < fewLines
          ? fewIdleMs
          : Math.min(limits.idleMs, crowdedIdleMs);
    const leaving = [...services.values()].filter((s) => nowMs - s.lastMs > idleMs(s));
    isFull = false;
    return leaving.flatMap((s) => letGo(s, nowMs));
  }

  /** Many services, each within its own bound, are bounded together. */
  function shrink(nowMs: number): Finding[] {
    let forms = sumOf([...services.values()], formsOf);
    if (forms <= limits.formsMax) return [];
    const declared = new Set([...services.values()].filter((s) => isDeclared(s.service, s.environment)));
    const order = [...services.values()].toSorted(
      (a, b) => Number(declared.has(a)) - Number(declared.has(b)) || a.lastMs - b.lastMs,
    );
    return order.flatMap((s) => {
      if (forms <= limits.formsMax) return [];
      forms -= formsOf(s);
      forgotten.refuse("templates of all services", nowMs);
      return letGo(s, nowMs);
    });
  }

  function letGo(s: LoggingService, nowMs: number): Finding[] {
    services.delete(JSON.stringify([s.environment, s.service]));
    return endService(s, nowMs);
  }

  return {
    take(log, nowMs) {
      const s = serviceOf(log, nowMs);
      if (s) takeLine(s, log, nowMs);
    },
    tick: (nowMs) => [
      ...sweep(nowMs),
      ...shrink(nowMs),
      ...[...services.values()].flatMap((s) => judgeService(s, nowMs)),
    ],
    crowded: (nowMs) => [
      ...crowd.worst(nowMs),
      ...forgotten.worst(nowMs).map((t) => t.replace("refused", "services forgotten")),
    ],
    stats() {
      const all = [...services.values()].map((s) => ({
        shapes: s.shapes.size,
        missed: s.sessions?.missed() ?? 0,
        ...s.miner.stats(),
      }));
      const sum = (of: (s: (typeof all)[number]) => number) => sumOf(all, of);
      return {
        logServices: services.size,
        logServicesForgotten: forgotten.total(),
        logShapes: sum((s) => s.shapes),
        logsUnshaped: crowd.total(),
        logShapesForgotten: sum((s) => s.forgotten),
        logsCut: sum((s) => s.cut),
        logSessionsMissed: sum((s) => s.missed),
      };
    },
  };
}

const formsOf = (s: LoggingService): number => s.miner.stats().forms;

const sumOf = <T>(all: readonly T[], of: (one: T) => number): number => all.reduce((n, one) => n + of(one), 0);
