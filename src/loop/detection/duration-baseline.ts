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
  /** The same for the slowest quarter: it shows when all become slower and the slowest stay as slow. */
  readonly slower: ShareBaseline;
  slowerAfter: number;
  /** Mean absolute deviation of a bucket's p95, on a natural log scale. */
  spread: number;
}

export const emptyDuration = (): DurationBaseline => ({
  histogram: new Float32Array(intervals),
  slow: emptyShare(),
  slowAfter: intervals,
  slower: emptyShare(),
  slowerAfter: intervals,
  spread: 0.1,
});

const keep = 0.5 ** (1 / 360);
/** At most this share of usual requests is slow. */
export const slowShare = 0.05;
export const slowerShare = 0.25;
const spreadKeep = 0.5 ** (1 / 60);

export const usualP95 = (b: DurationBaseline): number => quantileOf(b.histogram, 0.95);

export const usualMedian = (b: DurationBaseline): number => quantileOf(b.histogram, 0.5);

export const slowOf = (b: DurationBaseline, counts: ArrayLike<number>): number => beyond(b.slowAfter, counts);
export const slowerOf = (b: DurationBaseline, counts: ArrayLike<number>): number => beyond(b.slowerAfter, counts);

function beyond(after: number, counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = after + 1; i < intervals; i++) sum += counts[i] ?? 0;
  return sum;
}

export function expectedP95(b: DurationBaseline): { low: number; mid: number; high: number } {
  const mid = usualP95(b);
  const factor = Math.max(1.3, Math.exp(3 * 1.25 * b.spread));
  return { low: mid / factor, mid, high: mid * factor };
}

/** Learns from one bucket of normal times. */
export function learnDuration(b: DurationBaseline, counts: ArrayLike<number>, count: number): void {
  if (count <= 0) return;
  const [slow, slower] = [slowOf(b, counts), slowerOf(b, counts)];
  const mid = usualP95(b);
  if (mid > 0) {
    const off = Math.abs(Math.log(Math.max(0.1, quantileOf(counts, 0.95)) / mid));
    b.spread = b.spread * spreadKeep + Math.min(off, 3 * b.spread) * (1 - spreadKeep);
  }
  for (let i = 0; i < intervals; i++) b.histogram[i] = (b.histogram[i] ?? 0) * keep + (counts[i] ?? 0);
  learnShare(b.slow, slow, count);
  learnShare(b.slower, slower, count);
  moveThresholds(b);
}

function moveThresholds(b: DurationBaseline): void {
  let total = 0;
  for (let i = 0; i < intervals; i++) total += b.histogram[i] ?? 0;
  const slow = slowest(b, slowShare * total);
  const slower = slowest(b, slowerShare * total);
  if (slow.after !== b.slowAfter) [b.slowAfter, b.slow.hits] = [slow.after, (slow.above / total) * b.slow.total];
  if (slower.after !== b.slowerAfter)
    [b.slowerAfter, b.slower.hits] = [slower.after, (slower.above / total) * b.slower.total];
}

/** The interval after which at most so much lies of what was learned, and how much that is. */
function slowest({ histogram }: DurationBaseline, most: number): { after: number; above: number } {
  let above = 0;
  let after = intervals - 1;
  for (; after > 0 && above + (histogram[after] ?? 0) <= most; after--) above += histogram[after] ?? 0;
  return { after, above };
}
