import { durationBoundsMs } from "./red.ts";

/** Intervals of a bucket's duration histogram. */
export const intervals = durationBoundsMs.length + 1;

const firstMs = durationBoundsMs[0] ?? 0.5;

/** Index of the histogram interval a duration falls in; upper bounds belong to their interval, as in OpenTelemetry. */
export function intervalOf(durationMs: number): number {
  if (!(durationMs > firstMs)) return 0;
  let i = Math.min(durationBoundsMs.length, Math.max(0, Math.ceil(2 * Math.log2(durationMs / firstMs))));
  while (i > 0 && durationMs <= (durationBoundsMs[i - 1] ?? Infinity)) i--;
  while (i < durationBoundsMs.length && durationMs > (durationBoundsMs[i] ?? Infinity)) i++;
  return i;
}

/**
 * A quantile of a histogram, ms, interpolated on a log scale inside its interval. 0 when it is empty; in the last
 * interval, which has no end, its lower bound.
 */
export function quantileOf(counts: ArrayLike<number>, q: number): number {
  let all = 0;
  for (let i = 0; i < counts.length; i++) all += counts[i] ?? 0;
  if (all <= 0) return 0;
  let seen = 0;
  for (let i = 0; i < counts.length; i++) {
    const n = counts[i] ?? 0;
    if (n > 0 && seen + n >= q * all) return inside(i, (q * all - seen) / n);
    seen += n;
  }
  return durationBoundsMs.at(-1) ?? 0;
}

const inside = (i: number, share: number): number =>
  Math.min(durationBoundsMs.at(-1) ?? 0, firstMs * 2 ** ((i - 1 + share) / 2));
