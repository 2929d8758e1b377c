import { intervals, quantileOf } from "./duration-interval.ts";
import { emptyShare, learnShare, type ShareBaseline } from "./share-baseline.ts";

/**
 * How long requests usually take: an exponentially forgetting histogram. A bucket is judged by the share of its requests
 * in intervals above the usual p95, which small counts bear, and by its p95, which is what people ask for.
 */
export interface DurationBaseline {
  readonly histogram: Float32Array;
  readonly slow: ShareBaseline;
  /** Intervals after this index are slow. */
  slowAfter: number;
  /** Mean absolute deviation of a bucket's p95, on a natural log scale. */
  spread: number;
}

export const emptyDuration = (): DurationBaseline => ({
  histogram: new Float32Array(intervals),
  slow: emptyShare(),
  slowAfter: intervals,
  spread: 0.1,
});

const keep = 0.5 ** (1 / 360);
/** At most this share of usual requests is slow. */
export const slowShare = 0.05;
const spreadKeep = 0.5 ** (1 / 60);

export const usualP95 = (b: DurationBaseline): number => quantileOf(b.histogram, 0.95);

export const slowOf = (b: DurationBaseline, counts: ArrayLike<number>): number => {
  let slow = 0;
  for (let i = b.slowAfter + 1; i < intervals; i++) slow += counts[i] ?? 0;
  return slow;
};

export function expectedP95(b: DurationBaseline): { low: number; mid: number; high: number } {
  const mid = usualP95(b);
  const factor = Math.max(1.3, Math.exp(3 * 1.25 * b.spread));
  return { low: mid / factor, mid, high: mid * factor };
}

/** Learns from one bucket of normal times. */
export function learnDuration(b: DurationBaseline, counts: ArrayLike<number>, count: number): void {
  if (count <= 0) return;
  const slow = slowOf(b, counts);
  const mid = usualP95(b);
  if (mid > 0) {
    const off = Math.abs(Math.log(Math.max(0.1, quantileOf(counts, 0.95)) / mid));
    b.spread = b.spread * spreadKeep + Math.min(off, 3 * b.spread) * (1 - spreadKeep);
  }
  for (let i = 0; i < intervals; i++) b.histogram[i] = (b.histogram[i] ?? 0) * keep + (counts[i] ?? 0);
  learnShare(b.slow, slow, count);
  moveThreshold(b);
}

function moveThreshold(b: DurationBaseline): void {
  const total = b.histogram.reduce((a, n) => a + n, 0);
  let above = 0;
  let at = intervals - 1;
  while (at > 0 && above + (b.histogram[at] ?? 0) <= slowShare * total) above += b.histogram[at--] ?? 0;
  if (at === b.slowAfter) return;
  b.slowAfter = at;
  b.slow.hits = (above / total) * b.slow.total;
}
