import { digestOf } from "../../kernel/digest.ts";
import { emptyDuration, learnDuration, slowerOf, slowOf, type DurationBaseline } from "./duration-baseline.ts";
import type { Finding } from "./finding.ts";
import { lookForLasting, nothingLasts, type Lasting } from "./joint/lasting.ts";
import { lookAtDuration, lookAtErrors, lookAtRate } from "./judge-series.ts";
import { describe } from "./describe.ts";
import { emptyRate, learnRate, type RateBaseline } from "./rate-baseline.ts";
import { emptyRecent, histogramAt, newest, pushRecent, recentAt, type RecentBuckets } from "./recent-buckets.ts";
import { bucketMs, type RedBucket } from "./red.ts";
import { emptyShare, learnShare, type ShareBaseline } from "./share-baseline.ts";
import type { SeriesName } from "./series-name.ts";
import { quieten, unwatched, watch, type Look, type Watched } from "./watched.ts";

export type RedDimension = "errors" | "duration" | "rate";
const dimensions = ["errors", "duration", "rate"] as const;

/** Buckets with requests, and requests, before a baseline counts as known. */
const warmBuckets = 6;
const warmRequests = 30;
/** Before weak signs of it count. */
const settledBuckets = 60;

/** What lasts longer than this is the new usual: learning starts anew from it, and the finding clears and says so. */
const absorbMs: Readonly<Record<RedDimension, number>> = {
  errors: 2 * 3_600_000,
  duration: 3_600_000,
  rate: 15 * 60_000,
};
/** A gap of at most this many buckets is no traffic when so few requests were due in it; a longer one is unknown (B7). */
const gapMax = 12;
const dueMax = 10;

/** Everything kept about one service or edge series: of fixed size (I11). */
export interface SeriesWatch {
  readonly name: SeriesName;
  readonly recent: RecentBuckets;
  readonly errors: ShareBaseline;
  readonly duration: DurationBaseline;
  readonly rate: RateBaseline;
  readonly watched: Readonly<Record<RedDimension, Watched>>;
  /** Start of the last bucket taken into each baseline, or passed over. */
  readonly learnedMs: { errors: number; duration: number };
  /** What of the last half minute would be odd together with other signs. */
  lasting: Lasting;
  busyBuckets: number;
  requests: number;
  /** Buckets whose rate is learned and not judged: around a restart telemetry is lost, or comes late and all at once. */
  rateHeld: number;
}

export const watchSeries = (name: SeriesName): SeriesWatch => ({
  name,
  recent: emptyRecent(),
  errors: emptyShare(),
  duration: emptyDuration(),
  rate: emptyRate(),
  watched: { errors: unwatched(), duration: unwatched(), rate: unwatched() },
  learnedMs: { errors: -Infinity, duration: -Infinity },
  lasting: nothingLasts,
  busyBuckets: 0,
  requests: 0,
  rateHeld: 0,
});

/** Whether enough came to know what is usual. */
export const isWarm = ({ busyBuckets, requests }: SeriesWatch): boolean =>
  busyBuckets >= warmBuckets && requests >= warmRequests;

/**
 * Takes in the next bucket: judges it by what was learned before it, then learns from it what is usual. `awayUntilMs`: nobody looked
 * for a while before then, so buckets missing from that time are unknown.
 */
export function takeBucket(s: SeriesWatch, bucket: RedBucket, awayUntilMs = -Infinity): void {
  const lastMs = recentAt(s.recent, 0)?.startMs ?? Infinity;
  if (lastMs >= awayUntilMs) fillGap(s, bucket);
  // Traffic of that long ago is no usual traffic of now.
  else if (bucket.startMs - lastMs > absorbMs.rate) Object.assign(s.rate, emptyRate());
  pushRecent(s.recent, bucket, slowOf(s.duration, bucket.durations), slowerOf(s.duration, bucket.durations));
  const warm = isWarm(s);
  if (warm) judge(s, bucket.startMs);
  s.lasting = s.busyBuckets >= settledBuckets ? lookForLasting(s) : nothingLasts;
  learn(s, warm);
  if (bucket.count === 0) return;
  s.busyBuckets++;
  s.requests += bucket.count;
}

function fillGap(s: SeriesWatch, { series, startMs }: RedBucket): void {
  const last = recentAt(s.recent, 0)?.startMs;
  if (last === undefined || s.rateHeld > 0) return;
  const missing = (startMs - last) / bucketMs - 1;
  if (missing < 1 || missing > gapMax || missing * s.rate.mean > dueMax) return;
  for (let i = 1; i <= missing; i++) {
    pushRecent(
      s.recent,
      { series, startMs: last + i * bucketMs, count: 0, errors: 0, ownErrors: 0, durationSumMs: 0, durations: [] },
      0,
      0,
    );
    learnRate(s.rate, 0);
  }
}

function judge(s: SeriesWatch, startMs: number): void {
  const { errors, duration, rate } = s.watched;
  watch(errors, lookAtErrors(s.recent, s.errors, errors.spoiltMs), startMs);
  watch(duration, lookAtDuration(s.recent, s.duration, duration.spoiltMs), startMs);
  if (s.rateHeld > 0) s.rateHeld--;
  else watch(rate, lookAtRate(s.recent, s.rate, rate.spoiltMs), startMs);
  for (const dimension of dimensions) absorb(s, dimension, startMs);
}

function absorb(s: SeriesWatch, dimension: RedDimension, startMs: number): void {
  const w = s.watched[dimension];
  if (!w.firing || startMs - w.sinceMs < absorbMs[dimension]) return;
  quieten(w, startMs + bucketMs);
  if (dimension === "rate") Object.assign(s.rate, emptyRate());
  if (dimension === "errors") Object.assign(s.errors, emptyShare());
  if (dimension === "duration") {
    s.duration.histogram.fill(0);
    Object.assign(s.duration.slow, emptyShare());
    Object.assign(s.duration.slower, emptyShare());
  }
}

/** A bucket is learned this many buckets later, when what came of it is known; durations sooner, since histograms are large. */
const lag = { errors: 6, duration: 3 } as const;

/** A baseline stands still while its dimension fires or looks doubtful: an outage is not learned as usual. */
function learn(s: SeriesWatch, warm: boolean): void {
  learnLate(s, "errors", warm ? lag.errors : 0);
  learnLate(s, "duration", warm ? lag.duration : 0);
  const { firing, look } = s.watched.rate;
  if (!firing && look?.evidence !== true) learnRate(s.rate, recentAt(s.recent, 0)?.count ?? 0);
}

function learnLate(s: SeriesWatch, dimension: "errors" | "duration", back: number): void {
  const bucket = recentAt(s.recent, back);
  const { firing, look, spoiltMs } = s.watched[dimension];
  if (!bucket || bucket.startMs <= s.learnedMs[dimension]) return;
  s.learnedMs[dimension] = bucket.startMs;
  if (firing || look?.suspicious === true || bucket.startMs < spoiltMs) return;
  if (dimension === "errors") learnShare(s.errors, bucket.errors, bucket.count);
  else learnDuration(s.duration, histogramAt(s.recent, back), bucket.count);
}

const findingId = ({ service, environment, edge }: SeriesName, dimension: RedDimension): string =>
  `${edge ? `${edge.from}>${edge.to}` : service}/${dimension}@${environment}`;

/** The finding of each dimension that has one, firing or just cleared by `nowMs`. */
export function findingOf(s: SeriesWatch, dimension: RedDimension, nowMs: number): Finding | undefined {
  const w = s.watched[dimension];
  if (!w.look) return undefined;
  const { direction, expected, observed, latest, unusualness }: Look = w.look;
  const { service, environment, edge } = s.name;
  const base = {
    id: findingId(s.name, dimension),
    service,
    environment,
    dimension,
    ...(edge ? { edge } : {}),
    state: w.firing ? ("firing" as const) : ("cleared" as const),
    direction,
    expected,
    observed: w.firing ? observed : latest,
    unit: dimension === "errors" ? "share" : dimension === "duration" ? "ms" : "requests/s",
    unusualness,
    sinceMs: w.sinceMs,
    atMs: w.firing ? w.evidenceMs : Math.min(nowMs, w.clearedMs),
    agreeing: [],
    telemetry: digestOf({ series: s.name.key, buckets: newest(s.recent, 60_000) }),
  };
  return { ...base, summary: describe(base) };
}

export const redDimensions: readonly RedDimension[] = dimensions;
