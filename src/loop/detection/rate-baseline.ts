import { poissonAtLeast, poissonAtMost } from "./tails.ts";

/** How many requests a bucket usually has, and the spread beyond a Poisson process's (`dispersion`, 1 when arrivals are independent). */
export interface RateBaseline {
  mean: number;
  /** Weight of what was learned, in buckets. */
  weight: number;
  dispersion: number;
}

export const emptyRate = (): RateBaseline => ({ mean: 0, weight: 0, dispersion: 1 });

/** Traffic swings over the day: half of what was learned is forgotten after 5 minutes. */
const keep = 0.5 ** (1 / 60);
const influence = 3;

export const rateBelow = (b: RateBaseline, count: number, buckets: number): number =>
  poissonAtMost(count / b.dispersion, (b.mean * buckets) / b.dispersion);

export const rateAbove = (b: RateBaseline, count: number, buckets: number): number =>
  poissonAtLeast(count / b.dispersion, (b.mean * buckets) / b.dispersion);

/** Requests per bucket that are usual over a window of some buckets. */
export function expectedCount(b: RateBaseline, buckets: number): { low: number; mid: number; high: number } {
  const spread = 3 * Math.sqrt((b.dispersion * b.mean) / buckets);
  return { low: Math.max(0, b.mean - spread), mid: b.mean, high: b.mean + spread };
}

/** Learns from one bucket of normal times; what lies far off counts as three standard deviations off. */
export function learnRate(b: RateBaseline, count: number): void {
  const spread = Math.sqrt(Math.max(1, b.dispersion * b.mean));
  const off = b.weight < 6 ? count - b.mean : clamp(count - b.mean, influence * spread);
  b.weight = b.weight * keep + 1;
  if (b.weight > 6) {
    const surprise = Math.min(influence ** 2 * b.dispersion, off ** 2 / Math.max(1, b.mean));
    b.dispersion = Math.max(1, b.dispersion * keep + surprise * (1 - keep));
  }
  b.mean += off / b.weight;
}

const clamp = (value: number, most: number): number => Math.max(-most, Math.min(most, value));
