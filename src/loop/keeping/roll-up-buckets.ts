import { bucketMs, type RedBucket } from "../detection/red.ts";
import { minuteMs, minuteOf } from "./keeping.ts";
import type { RedRow } from "./row.ts";

/** A bucket as a row of its own. */
export const bucketRow = (bucket: RedBucket): RedRow => ({ ...bucket, widthMs: bucketMs, seen: 1 });

/** Adds a bucket to its series' row of the minute, in place. */
export function addBucket(minute: Map<string, RedRow>, bucket: RedBucket): void {
  const { series, startMs, durations } = bucket;
  const known = minute.get(series);
  const seen = 1 << ((startMs - minuteOf(startMs)) / bucketMs);
  if (!known) {
    minute.set(series, { ...bucket, startMs: minuteOf(startMs), widthMs: minuteMs, seen });
    return;
  }
  minute.set(series, {
    ...known,
    count: known.count + bucket.count,
    errors: known.errors + bucket.errors,
    ownErrors: known.ownErrors + bucket.ownErrors,
    durationSumMs: known.durationSumMs + bucket.durationSumMs,
    durations: known.durations.map((n, i) => n + (durations[i] ?? 0)),
    seen: known.seen | seen,
  });
}

/**
 * The buckets of 5 s that a row stands for: itself, or for a minute an even part of it for each interval that was seen. So sums and
 * rates are right over whole minutes, and what was not seen stays absent (B7).
 */
export function spreadRow({ widthMs, seen, ...row }: RedRow): RedBucket[] {
  if (widthMs === bucketMs) return [row];
  const starts = Array.from({ length: widthMs / bucketMs }, (_, i) => i).filter((i) => (seen >> i) & 1);
  const part = (n: number): number => n / starts.length;
  return starts.map((i) => ({
    series: row.series,
    startMs: row.startMs + i * bucketMs,
    count: part(row.count),
    errors: part(row.errors),
    ownErrors: part(row.ownErrors),
    durationSumMs: part(row.durationSumMs),
    durations: row.durations.map(part),
  }));
}
