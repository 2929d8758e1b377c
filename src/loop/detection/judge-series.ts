import { expectedP95, slowShare, usualP95, type DurationBaseline } from "./duration-baseline.ts";
import { quantileOf } from "./duration-interval.ts";
import { expectedCount, rateAbove, rateBelow, type RateBaseline } from "./rate-baseline.ts";
import { newest, recentHistogram, recentMax, type RecentBucket, type RecentBuckets } from "./recent-buckets.ts";
import { bucketMs } from "./red.ts";
import { expectedShare, unlikely, usualShare, type ShareBaseline } from "./share-baseline.ts";
import type { Look } from "./watched.ts";

/**
 * A finding needs this much improbability. At two or three looks each 5 s this makes less than one false finding in a
 * series and ten days as long as the baselines hold.
 */
const falseAlarm = 1e-6;
/** One bucket is unusual by itself at this improbability: coarse, used for onset and clearing only. */
const oddBucket = 0.02;
export const requestsMin = 10;
export const hitsMin = 3;
/** What is this improbable is not learned as usual while it lasts. */
const doubtful = 0.01;
/** Windows judged, in buckets up to the newest: short ones see much soon, the longest sees little at last. */
const windows = [1, 2, 3, 6] as const;
/** Buckets looked back over for the onset, one usual one in between allowed. */
const onsetSpanMs = recentMax * bucketMs;

const sum = (buckets: readonly RecentBucket[], of: (b: RecentBucket) => number): number =>
  buckets.reduce((n, b) => n + of(b), 0);

interface ShareQuestion {
  readonly baseline: ShareBaseline;
  readonly hits: (b: RecentBucket) => number;
  /** Smallest share worth speaking of. */
  readonly shareMin: number;
  /** The usual share counts as at least this, however little was learned. */
  readonly floor: number;
  /** Buckets before this were spoken of already. */
  readonly fromMs: number;
}

/** The most telling window of recent buckets: how improbable, and what was seen. */
function shareIn(
  recent: RecentBuckets,
  q: ShareQuestion,
): { p: number; hits: number; count: number; odd: boolean | undefined; onsetMs: number } {
  const tail = newest(recent, onsetSpanMs).filter((b) => b.startMs >= q.fromMs);
  let best = { p: 1, hits: 0, count: 0 };
  for (const k of windows) {
    const window = tail.slice(0, k);
    const [count, hits] = [sum(window, (b) => b.count), sum(window, q.hits)];
    if (count < requestsMin || hits < hitsMin || hits / count < q.shareMin) continue;
    const p = unlikely(q.baseline, hits, count, q.floor);
    if (p < best.p) best = { p, hits, count };
  }
  const odd = (b: RecentBucket) =>
    q.hits(b) >= 2 &&
    q.hits(b) / b.count >= q.shareMin &&
    unlikely(q.baseline, q.hits(b), b.count, q.floor) < oddBucket;
  const [first] = tail;
  return { ...best, odd: first && first.count > 0 ? odd(first) : undefined, onsetMs: onset(tail, odd) };
}

/** Going back from the newest bucket: the start of the earliest odd one with at most one usual bucket between two odd ones. */
function onset(tail: readonly RecentBucket[], odd: (b: RecentBucket) => boolean): number {
  let [since, usual] = [tail[0]?.startMs ?? 0, 0];
  for (const bucket of tail) {
    if (odd(bucket)) [since, usual] = [bucket.startMs, 0];
    else if (++usual > 1) break;
  }
  return since;
}

export function lookAtErrors(recent: RecentBuckets, baseline: ShareBaseline, fromMs: number): Look {
  const usual = usualShare(baseline);
  const seen = shareIn(recent, {
    baseline,
    hits: (b) => b.errors,
    shareMin: errorShareMin(usual),
    floor: 0,
    fromMs,
  });
  const window = newest(recent, 3 * bucketMs);
  const count = sum(window, (b) => b.count);
  const latest = sum(window, (b) => b.errors) / Math.max(1, count);
  return {
    evidence: seen.odd,
    significant: seen.p < falseAlarm,
    suspicious: seen.p < doubtful,
    direction: "above",
    expected: expectedShare(baseline, Math.max(requestsMin, count)),
    observed: seen.count > 0 ? seen.hits / seen.count : latest,
    latest,
    unusualness: 1 - seen.p,
    onsetMs: seen.onsetMs,
  };
}

/** Slower than usual by at least this factor and this much, ms. */
const slowerFactor = 1.5;
const slowerMinMs = 10;
export const isSlower = (ms: number, usualMs: number): boolean =>
  ms >= slowerFactor * usualMs && ms - usualMs >= slowerMinMs;

/** The smallest share of failures, and of slow requests, worth speaking of, by the usual share. */
export const errorShareMin = (usual: number): number => Math.max(0.02, 2 * usual);
export const slowShareMin = (usual: number): number => Math.min(0.5, 2 * usual);

export function lookAtDuration(recent: RecentBuckets, baseline: DurationBaseline, fromMs: number): Look {
  const mid = usualP95(baseline);
  const usual = usualShare(baseline.slow);
  const seen = shareIn(recent, {
    baseline: baseline.slow,
    hits: (b) => b.slow,
    shareMin: slowShareMin(usual),
    floor: slowShare,
    fromMs,
  });
  const p95s = [1, 2].map((k) => quantileOf(recentHistogram(recent, k), 0.95));
  const observed = Math.max(...p95s);
  const [alone = 0] = p95s;
  return {
    evidence: seen.odd === undefined ? undefined : seen.odd && isSlower(alone, mid),
    significant: seen.p < falseAlarm && isSlower(observed, mid),
    suspicious: seen.p < doubtful,
    direction: "above",
    expected: expectedP95(baseline),
    observed,
    latest: alone,
    unusualness: 1 - seen.p,
    onsetMs: seen.onsetMs,
  };
}

/** Traffic is judged over 15 s: less than half of the usual, or more than twice, in each of its buckets. */
export const rateBuckets = 3;
const rateFactor = 2;
export const usualMin = 10;
/** Far from the usual count of a bucket. */
export const isFar = (count: number, mean: number, direction: "above" | "below"): boolean =>
  direction === "below" ? count <= mean / rateFactor : count >= mean * rateFactor;

export function lookAtRate(recent: RecentBuckets, baseline: RateBaseline, fromMs: number): Look {
  const tail = newest(recent, onsetSpanMs).filter((b) => b.startMs >= fromMs);
  const window = tail.slice(0, rateBuckets);
  const observed = sum(window, (b) => b.count) / Math.max(1, window.length);
  const direction = observed < baseline.mean ? "below" : "above";
  const tailOf = direction === "below" ? rateBelow : rateAbove;
  const far = (count: number) => isFar(count, baseline.mean, direction);
  // A level too low to speak of is no reason to stop learning, or it would stay so for ever.
  const odd = (b: RecentBucket) =>
    baseline.mean >= usualMin && far(b.count) && tailOf(baseline, b.count, 1) < oddBucket;
  const p = tailOf(baseline, observed * window.length, window.length);
  const [first] = tail;
  const perSecond = 1000 / bucketMs;
  const { low, mid, high } = expectedCount(baseline, rateBuckets);
  return {
    evidence: first ? odd(first) : undefined,
    significant:
      baseline.mean >= usualMin && window.length === rateBuckets && p < falseAlarm && window.every((b) => far(b.count)),
    suspicious: false,
    direction,
    expected: { low: low * perSecond, mid: mid * perSecond, high: high * perSecond },
    observed: observed * perSecond,
    latest: observed * perSecond,
    unusualness: 1 - p,
    onsetMs: onset(tail, odd),
  };
}
