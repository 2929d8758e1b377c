import { cutText } from "../../kernel/cut-text.ts";

interface Place {
  readonly service: string;
  readonly environment: string;
}

/** What threw while one part looked at one service. */
export interface Fault extends Place {
  readonly part: string;
  readonly why: string;
  readonly atMs: number;
  /** How often since it last went well for long. */
  readonly times: number;
  /** Until then it is not looked at any more. */
  readonly restsUntilMs: number;
}

/** Faults remembered, and of each why (I11). */
const faultsMax = 200;
const whyMax = 200;
/** What throws this often, less than `againMs` apart, is left alone for `restMs`. */
const timesMax = 3;
const againMs = 10 * 60_000;
const restMs = 10 * 60_000;

/**
 * Keeps what throws about one service from ending the look at all others. What was known there may be broken, so it is let go and learned
 * anew; what throws again and again rests for a while. All of it is counted.
 */
export interface Faults {
  /** What `work` gives; undefined when it threw, after `letGo`, or when this part of this service is at rest. */
  attempt<T>(part: string, of: Place, nowMs: number, work: () => T, letGo?: () => void): T | undefined;
  /** Whose state was let go since last time: what stands of it is not known any more. */
  takeNew(): Fault[];
  /** The remembered ones, the latest last. */
  all(): Fault[];
  stats(): { readonly detectionFaults: number; readonly detectionRests: number };
}

export function createFaults(): Faults {
  const known = new Map<string, Fault>();
  let fresh: Fault[] = [];
  let [count, rests] = [0, 0];
  const keyOf = (part: string, { service, environment }: Place): string => JSON.stringify([part, environment, service]);

  function note(part: string, { service, environment }: Place, nowMs: number, error: unknown): void {
    count++;
    const key = keyOf(part, { service, environment });
    const before = known.get(key);
    const times = before && nowMs - before.atMs < againMs ? before.times + 1 : 1;
    const why = cutText((error instanceof Error ? error.message : String(error)).toWellFormed(), whyMax);
    const restsUntilMs = times >= timesMax ? nowMs + restMs : -Infinity;
    const fault = { part, service, environment, why, atMs: nowMs, times, restsUntilMs };
    known.delete(key);
    known.set(key, fault);
    fresh = [...fresh, fault].slice(-faultsMax);
    for (const oldest of known.keys()) if (known.size > faultsMax) known.delete(oldest);
  }

  return {
    attempt(part, of, nowMs, work, letGo) {
      if (known.size > 0 && nowMs < (known.get(keyOf(part, of))?.restsUntilMs ?? -Infinity)) {
        rests++;
        return undefined;
      }
      try {
        return work();
      } catch (error) {
        note(part, of, nowMs, error);
        letGo?.();
        return undefined;
      }
    },
    takeNew() {
      const taken = fresh;
      fresh = [];
      return taken;
    },
    all: () => [...known.values()],
    stats: () => ({ detectionFaults: count, detectionRests: rests }),
  };
}
