import { describe } from "./describe.ts";
import type { Finding } from "./finding.ts";
import { usualMin } from "./judge-series.ts";
import { mergeBuckets } from "./merge-buckets.ts";
import { bucketMs, type RedBucket } from "./red.ts";
import { findingOf, takeBucket, watchSeries, type RedDimension, type SeriesWatch } from "./watch-series.ts";
import { quieten } from "./watched.ts";

/** Where requests are few they are looked at by the minute: the same look, at a clock that goes so many times slower. */
const slower = 12;
const minuteMs = slower * bucketMs;
/** What the usual look saw this lately it sees by itself, sooner. */
const mutedMs = 30 * 60_000;
const warmMinutes = 60;
const falseAlarm = 1e-9;
/** Traffic is left to the usual look: of so little of it less says nothing. */
const slowDimensions: readonly RedDimension[] = ["errors", "duration"];

/** A second look at series with few requests, over one to six minutes instead of five to thirty seconds. */
export interface SlowLook {
  /** After a bucket was taken into the series' own watch. */
  take(s: SeriesWatch, bucket: RedBucket, awayUntilMs: number): void;
  isFiring(s: SeriesWatch): boolean;
  /** What only this look sees in a dimension: firing, or just cleared. */
  findingOf(s: SeriesWatch, dimension: RedDimension, nowMs: number): Finding | undefined;
}

interface Slow {
  readonly watch: SeriesWatch;
  /** Buckets of the minute that is not over yet. */
  minute: RedBucket[];
  readonly told: Set<RedDimension>;
  /** Nothing is told of a dimension before. */
  readonly mutedToMs: Map<RedDimension, number>;
}

export function createSlowLook(): SlowLook {
  const slow = new WeakMap<SeriesWatch, Slow>();

  const speaks = (s: SeriesWatch, own: Slow, d: RedDimension): boolean =>
    slowDimensions.includes(d) &&
    own.watch.watched[d].firing &&
    !s.watched[d].firing &&
    (own.told.has(d) || isSure(own.watch, d));

  return {
    take(s, bucket, awayUntilMs) {
      const known = slow.get(s);
      if (!known && !isSparse(s)) return;
      const own = known ?? openSlow(s);
      slow.set(s, own);
      const startMs = minuteOf(bucket.startMs);
      if (own.minute.some((b) => minuteOf(b.startMs) !== startMs)) {
        close(own, awayUntilMs);
        own.minute = [];
      }
      own.minute.push(bucket);
      mute(s, own, bucket.startMs);
      if (!isSparse(s) && own.told.size === 0) slow.delete(s);
    },
    isFiring(s) {
      const own = slow.get(s);
      return own !== undefined && slowDimensions.some((d) => speaks(s, own, d));
    },
    findingOf(s, dimension, nowMs) {
      const own = slow.get(s);
      if (!own) return undefined;
      const isSpoken = speaks(s, own, dimension);
      if (!isSpoken && !own.told.delete(dimension)) return undefined;
      if (isSpoken) own.told.add(dimension);
      // The usual look goes on with what this one began.
      if (!isSpoken && s.watched[dimension].firing) return undefined;
      const found = findingOf(own.watch, dimension, nowMs / slower);
      return found && atTrueTimes(found);
    },
  };
}

/** Surer than the usual look has to be: what happens to few requests comes in bursts, of which an hour shows few. */
const isSure = ({ busyBuckets, watched }: SeriesWatch, d: RedDimension): boolean =>
  busyBuckets >= warmMinutes && (watched[d].look?.unusualness ?? 0) >= 1 - falseAlarm;

/** Few enough for it, and enough that six minutes of them say something. */
const isSparse = ({ rate }: SeriesWatch): boolean => rate.mean < usualMin && rate.mean >= usualMin / 40;

const openSlow = (s: SeriesWatch): Slow => ({
  watch: watchSeries(s.name),
  minute: [],
  told: new Set(),
  mutedToMs: new Map(),
});

const minuteOf = (ms: number): number => Math.floor(ms / minuteMs) * minuteMs;

/** Takes in the minute that is over, at the slower clock. */
function close(own: Slow, awayUntilMs: number): void {
  const startMs = minuteOf(own.minute[0]?.startMs ?? 0);
  const [whole] = mergeBuckets(own.minute.map((b) => ({ ...b, startMs })));
  if (whole) takeBucket(own.watch, { ...whole, startMs: startMs / slower }, awayUntilMs / slower);
}

function mute(s: SeriesWatch, own: Slow, atMs: number): void {
  for (const d of slowDimensions) {
    if (s.watched[d].firing) own.mutedToMs.set(d, atMs + mutedMs);
    const isMuted = atMs < (own.mutedToMs.get(d) ?? -Infinity);
    if (isMuted && own.watch.watched[d].firing) quieten(own.watch.watched[d], (atMs + bucketMs) / slower);
  }
}

function atTrueTimes(f: Finding): Finding {
  const found = { ...f, sinceMs: f.sinceMs * slower, atMs: f.atMs * slower };
  return { ...found, summary: describe(found) };
}
