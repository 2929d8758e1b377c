/** A trace worth looking at, for people and for evidence. */
export interface Exemplar {
  readonly traceId: string;
  readonly atMs: number;
  readonly durationMs: number;
  readonly error: boolean;
  readonly operation: string;
}

/** Kept of each minute of a service: the slowest, and the slowest of those that failed (I11). */
const slowPerMinute = 3;
const failedPerMinute = 3;
const minuteMs = 60_000;

export interface Exemplars {
  add(service: string, environment: string, exemplar: Exemplar): void;
  /** Of the time [fromMs, toMs), failed ones first, then the slowest. */
  of(service: string, environment: string, fromMs: number, toMs: number): Exemplar[];
  forget(beforeMs: number): void;
  size(): number;
}

/** The tail of each service, minute by minute: the traces that thinning must not lose (A9). */
export function createExemplars(minutesMax = 100_000): Exemplars {
  const minutes = new Map<string, { readonly startMs: number; slow: Exemplar[]; failed: Exemplar[] }>();
  const startOf = (atMs: number): number => Math.floor(atMs / minuteMs) * minuteMs;
  const keyOf = (service: string, environment: string, startMs: number): string =>
    JSON.stringify([environment, service, startMs]);

  return {
    add(service, environment, exemplar) {
      const startMs = startOf(exemplar.atMs);
      const key = keyOf(service, environment, startMs);
      const known = minutes.get(key) ?? { startMs, slow: [], failed: [] };
      if (!minutes.has(key)) {
        const [oldest] = minutes.keys();
        if (minutes.size >= minutesMax && oldest !== undefined) minutes.delete(oldest);
        minutes.set(key, known);
      }
      if (exemplar.error) known.failed = slowest([...known.failed, exemplar], failedPerMinute);
      else known.slow = slowest([...known.slow, exemplar], slowPerMinute);
    },
    of(service, environment, fromMs, toMs) {
      const found: Exemplar[] = [];
      for (let at = startOf(fromMs), n = 0; at < toMs && n < 24 * 60; at += minuteMs, n++) {
        const minute = minutes.get(keyOf(service, environment, at));
        if (minute) found.push(...minute.failed, ...minute.slow);
      }
      return found
        .filter((e) => e.atMs >= fromMs && e.atMs < toMs)
        .toSorted((a, b) => Number(b.error) - Number(a.error) || b.durationMs - a.durationMs);
    },
    forget(beforeMs) {
      for (const [key, { startMs }] of minutes) if (startMs + minuteMs < beforeMs) minutes.delete(key);
    },
    size: () => minutes.size,
  };
}

const slowest = (all: readonly Exemplar[], max: number): Exemplar[] =>
  all.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, max);
