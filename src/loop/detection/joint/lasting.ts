import { usualMedian, usualP95, slowShare, type DurationBaseline } from "../duration-baseline.ts";
import { quantileOf } from "../duration-interval.ts";
import {
  errorShareMin,
  hitsMin,
  isFar,
  isSlower,
  rateBuckets,
  requestsMin,
  slowShareMin,
  usualMin,
} from "../judge-series.ts";
import { rateAbove, rateBelow, type RateBaseline } from "../rate-baseline.ts";
import {
  cellAt,
  histogramsMax,
  newest,
  recentHistogram,
  type RecentBucket,
  type RecentBuckets,
} from "../recent-buckets.ts";
import { bucketMs } from "../red.ts";
import { unlikely, usualShare, type ShareBaseline } from "../share-baseline.ts";

/** How probable by chance what lasts in one series is, 0 to 1 each; 1 where nothing is odd. */
export interface Lasting {
  readonly errors: number;
  readonly latency: number;
  readonly traffic: number;
}

export const nothingLasts: Lasting = Object.freeze({ errors: 1, latency: 1, traffic: 1 });

/** What lasts shows over this long without its worst buckets too: a hiccup of ten seconds does not. */
const windowBuckets = 6;
export const lastingMs = windowBuckets * bucketMs;
const worstLeftOut = 2;

interface Series {
  readonly recent: RecentBuckets;
  readonly errors: ShareBaseline;
  readonly duration: DurationBaseline;
  readonly rate: RateBaseline;
  readonly rateHeld: number;
}

/** The newest half minute of a series against what was learned before it. Says less than it could where little came (B7). */
export function lookForLasting({ recent, errors, duration, rate, rateHeld }: Series): Lasting {
  if (isQuiet(recent, duration, rate)) return nothingLasts;
  const window = newest(recent, lastingMs);
  if (window.length < windowBuckets - 1) return nothingLasts;
  const failed = shareOf(window, (b) => b.errors, errors, errorShareMin(usualShare(errors)), 0);
  const latency = latencyOf(window, recent, duration);
  const traffic = rateHeld > 0 ? 1 : trafficOf(window.slice(0, rateBuckets), rate);
  return failed === 1 && latency === 1 && traffic === 1 ? nothingLasts : { errors: failed, latency, traffic };
}

/** The usual case, seen at a glance: nothing for which it would be worth to look closer. */
function isQuiet(recent: RecentBuckets, duration: DurationBaseline, rate: RateBaseline): boolean {
  let [count, errors, slow, slower] = [0, 0, 0, 0];
  for (let back = 0; back < windowBuckets && back < recent.size; back++) {
    count += cellAt(recent, back, "count");
    errors += cellAt(recent, back, "errors");
    slow += cellAt(recent, back, "slow");
    slower += cellAt(recent, back, "slower");
  }
  return (
    (errors < hitsMin || errors < errorShareMin(0) * count) &&
    slow < slowShareMin(usualShare(duration.slow)) * count &&
    slower < slowShareMin(usualShare(duration.slower)) * count &&
    !isFar(cellAt(recent, 0, "count"), rate.mean, "above") &&
    !isFar(cellAt(recent, 0, "count"), rate.mean, "below")
  );
}

function shareOf(
  window: readonly RecentBucket[],
  hitsOf: (b: RecentBucket) => number,
  baseline: ShareBaseline,
  shareMin: number,
  floor: number,
): number {
  let [hits, count] = [0, 0];
  for (const b of window) [hits, count] = [hits + hitsOf(b), count + b.count];
  // The usual case ends here: leaving the worst out makes it no more.
  if (hits < hitsMin || hits < shareMin * count) return 1;
  const worst = window.toSorted((a, b) => hitsOf(b) - hitsOf(a)).slice(0, worstLeftOut);
  for (const b of worst) [hits, count] = [hits - hitsOf(b), count - b.count];
  return hits < hitsMin || count < requestsMin || hits < shareMin * count ? 1 : unlikely(baseline, hits, count, floor);
}

/** The slowest requests, or most of them: whichever shows more. */
function latencyOf(window: readonly RecentBucket[], recent: RecentBuckets, d: DurationBaseline): number {
  const tail = shareOf(window, (b) => b.slow, d.slow, slowShareMin(usualShare(d.slow)), slowShare);
  const most = shareOf(window, (b) => b.slower, d.slower, slowShareMin(usualShare(d.slower)), slowShare);
  if (tail === 1 && most === 1) return 1;
  const now = recentHistogram(recent, histogramsMax);
  const isTail = tail < 1 && isSlower(quantileOf(now, 0.95), usualP95(d));
  const isMost = most < 1 && isSlower(quantileOf(now, 0.5), usualMedian(d));
  return Math.min(1, 2 * Math.min(isTail ? tail : 1, isMost ? most : 1));
}

function trafficOf(window: readonly RecentBucket[], baseline: RateBaseline): number {
  const count = window.reduce((sum, b) => sum + b.count, 0);
  const direction = count < baseline.mean * window.length ? "below" : "above";
  if (baseline.mean < usualMin || window.length < rateBuckets) return 1;
  if (!window.every((b) => isFar(b.count, baseline.mean, direction))) return 1;
  return Math.min(1, 2 * (direction === "below" ? rateBelow : rateAbove)(baseline, count, window.length));
}
