/** Why a trace is worth looking at: its request failed, was among the slowest of its minute, or called others than usual. */
export type ExemplarReason = "failed" | "slow" | "new";

/** A trace worth looking at, for people and for evidence. */
export interface Exemplar {
  readonly traceId: string;
  readonly atMs: number;
  readonly durationMs: number;
  readonly error: boolean;
  readonly operation: string;
  readonly why: ExemplarReason;
  /** What is new about it, in words; there when `why` is `new`. */
  readonly what?: string;
}

/** Kept of each minute of a service: the slowest, the slowest of those that failed, and the first that were new (I11). */
const perMinute = 3;
const minuteMs = 60_000;
const minutesReadMax = 24 * 60;

export interface Exemplars {
  add(service: string, environment: string, exemplar: Exemplar): void;
  /** Of the time [fromMs, toMs), failed ones first, then new ones, then the slowest. */
  of(service: string, environment: string, fromMs: number, toMs: number): Exemplar[];
  /** Whether a trace is one of them now, for any service, and why. */
  reasonFor(traceId: string): ExemplarReason | undefined;
  forget(beforeMs: number): void;
  size(): number;
}

interface Minute {
  readonly startMs: number;
  readonly kept: Record<ExemplarReason, Exemplar[]>;
}

/** The tail of each service, minute by minute: the traces that thinning must not lose (A9). */
export function createExemplars(minutesMax = 100_000): Exemplars {
  const minutes = new Map<string, Minute>();
  /** How often a trace is kept, by why. */
  const traces = new Map<string, Record<ExemplarReason, number>>();
  const startOf = (atMs: number): number => Math.floor(atMs / minuteMs) * minuteMs;
  const keyOf = (service: string, environment: string, startMs: number): string =>
    JSON.stringify([environment, service, startMs]);

  function count({ traceId, why }: Exemplar, by: number): void {
    const known = traces.get(traceId) ?? { failed: 0, slow: 0, new: 0 };
    known[why] += by;
    if (known.failed + known.slow + known.new > 0) traces.set(traceId, known);
    else traces.delete(traceId);
  }

  function drop(key: string): void {
    const minute = minutes.get(key);
    for (const exemplar of minute ? all(minute) : []) count(exemplar, -1);
    minutes.delete(key);
  }

  return {
    add(service, environment, exemplar) {
      const startMs = startOf(exemplar.atMs);
      const key = keyOf(service, environment, startMs);
      const known = minutes.get(key) ?? { startMs, kept: { failed: [], slow: [], new: [] } };
      if (!minutes.has(key)) {
        const [oldest] = minutes.keys();
        if (minutes.size >= minutesMax && oldest !== undefined) drop(oldest);
        minutes.set(key, known);
      }
      const before = known.kept[exemplar.why];
      const candidates = [...before, exemplar];
      const after = (exemplar.why === "new" ? candidates : slowestFirst(candidates)).slice(0, perMinute);
      known.kept[exemplar.why] = after;
      if (after.includes(exemplar)) count(exemplar, 1);
      for (const one of before) if (!after.includes(one)) count(one, -1);
    },
    of(service, environment, fromMs, toMs) {
      const found: Exemplar[] = [];
      for (let at = startOf(fromMs), n = 0; at < toMs && n < minutesReadMax; at += minuteMs, n++) {
        const minute = minutes.get(keyOf(service, environment, at));
        if (minute) found.push(...all(minute));
      }
      return found
        .filter((e) => e.atMs >= fromMs && e.atMs < toMs)
        .toSorted((a, b) => order.indexOf(a.why) - order.indexOf(b.why) || b.durationMs - a.durationMs);
    },
    reasonFor(traceId) {
      const known = traces.get(traceId);
      return known && order.find((why) => known[why] > 0);
    },
    forget(beforeMs) {
      for (const [key, { startMs }] of minutes) if (startMs + minuteMs < beforeMs) drop(key);
    },
    size: () => minutes.size,
  };
}

/** What is told first. */
const order: readonly ExemplarReason[] = ["failed", "new", "slow"];

const all = ({ kept }: Minute): Exemplar[] => order.flatMap((why) => kept[why]);

const slowestFirst = (exemplars: readonly Exemplar[]): Exemplar[] =>
  exemplars.toSorted((a, b) => b.durationMs - a.durationMs);
