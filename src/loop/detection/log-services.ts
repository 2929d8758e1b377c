import type { LogSignal } from "../signal/signal.ts";
import { createCrowd } from "./crowd.ts";
import type { Finding } from "./finding.ts";
import { endService, newService, type LoggingService } from "./logging-service.ts";

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

/** The services whose log is known, bounded one by one and together. */
export interface LogServices {
  /** Undefined when there is no room, which is counted. */
  of(log: LogSignal, nowMs: number): LoggingService | undefined;
  all(): readonly LoggingService[];
  /** Lets go of what was silent for long or has to make room; what fired of it ends. */
  letGo(nowMs: number): Finding[];
  /** Forgets what is known of one, which may be broken. */
  drop(of: LoggingService): void;
  stats(): { readonly logServices: number; readonly logServicesForgotten: number; readonly logsUnshaped: number };
  /** What had no room, worst first. */
  crowded(nowMs: number): string[];
}

/** `isDeclared`: services of the care repo, which have room first. */
export function createLogServices(
  given: Partial<LogLimits>,
  isDeclared: (service: string, environment: string) => boolean,
): LogServices {
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
    return leaving.flatMap((s) => end(s, nowMs));
  }

  /** Many services, each within its own bound, are bounded together. */
  function shrink(nowMs: number): Finding[] {
    let forms = sumOf(services.values(), formsOf);
    if (forms <= limits.formsMax) return [];
    const declared = new Set([...services.values()].filter((s) => isDeclared(s.service, s.environment)));
    const order = [...services.values()].toSorted(
      (a, b) => Number(declared.has(a)) - Number(declared.has(b)) || a.lastMs - b.lastMs,
    );
    return order.flatMap((s) => {
      if (forms <= limits.formsMax) return [];
      forms -= formsOf(s);
      forgotten.refuse("templates of all services", nowMs);
      return end(s, nowMs);
    });
  }

  function end(s: LoggingService, nowMs: number): Finding[] {
    services.delete(JSON.stringify([s.environment, s.service]));
    return endService(s, nowMs);
  }

  return {
    of: serviceOf,
    all: () => [...services.values()],
    drop: ({ service, environment }) => void services.delete(JSON.stringify([environment, service])),
    letGo: (nowMs) => [...sweep(nowMs), ...shrink(nowMs)],
    stats: () => ({
      logServices: services.size,
      logServicesForgotten: forgotten.total(),
      logsUnshaped: crowd.total(),
    }),
    crowded: (nowMs) => [
      ...crowd.worst(nowMs),
      ...forgotten.worst(nowMs).map((text) => text.replace("refused", "services forgotten")),
    ],
  };
}

const formsOf = (s: LoggingService): number => s.miner.stats().forms;
const sumOf = (all: Iterable<LoggingService>, of: (one: LoggingService) => number): number =>
  [...all].reduce((n, one) => n + of(one), 0);
