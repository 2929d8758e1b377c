import { binomialAtLeast } from "./tails.ts";

/**
 * What share of requests is usual: exponentially forgetting sums, with bounded influence of a single bucket and with the
 * spread beyond chance (`dispersion`, 1 when requests fail independently) learned beside it.
 */
export interface ShareBaseline {
  hits: number;
  total: number;
  dispersion: number;
}

export const emptyShare = (): ShareBaseline => ({ hits: 0, total: 0, dispersion: 1 });

/** Half of what was learned is forgotten after this many buckets: 30 minutes. */
const halfLife = 360;
const keep = 0.5 ** (1 / halfLife);
const dispersionKeep = 0.5 ** (1 / 60);
/** Prior: half a hit in a hundred requests, so that never having seen one does not mean impossible. */
const prior = { hits: 0.5, total: 100 };
/** One bucket moves the baseline by at most what this many standard deviations would. */
const influence = 3;

export const usualShare = (b: ShareBaseline): number => (b.hits + prior.hits) / (b.total + prior.total);

const deviation = (p: number, dispersion: number, count: number): number =>
  Math.sqrt((dispersion * p * (1 - p)) / Math.max(1, count));

/**
 * Probability of at least `hits` of `count` in normal times, when the usual share is as large as what was learned still
 * allows, and not below `floor`.
 */
export function unlikely(b: ShareBaseline, hits: number, count: number, floor = 0): number {
  const p = Math.max(floor, usualShare(b));
  const upper = Math.min(0.999, p + 2 * deviation(p, b.dispersion, b.total + prior.total));
  return binomialAtLeast(hits / b.dispersion, count / b.dispersion, upper);
}

/** What a window of `count` requests would normally show. */
export function expectedShare(b: ShareBaseline, count: number): { low: number; mid: number; high: number } {
  const mid = usualShare(b);
  const spread = 3 * deviation(mid, b.dispersion, count);
  return { low: Math.max(0, mid - spread), mid, high: Math.min(1, mid + spread) };
}

/** Learns from one bucket of normal times. */
export function learnShare(b: ShareBaseline, hits: number, count: number): void {
  if (count <= 0) return;
  const p = usualShare(b);
  const variance = count * p * (1 - p);
  if (b.total >= prior.total) {
    const surprise = Math.min(influence ** 2, (hits - count * p) ** 2 / variance);
    b.dispersion = Math.max(1, b.dispersion * dispersionKeep + surprise * (1 - dispersionKeep));
  }
  const limit = b.total < prior.total ? count : count * p + influence * Math.sqrt(b.dispersion * variance) + 1;
  // Much better than usual: what was learned may have been an outage, so let go of it sooner.
  const kept = count * p > 5 && hits < (count * p) / 3 ? keep ** 20 : keep;
  b.hits = b.hits * kept + Math.min(hits, limit);
  b.total = b.total * kept + count;
}
