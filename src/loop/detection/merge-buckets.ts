import { durationBoundsMs, type RedBucket } from "./red.ts";

/** Adds up what several controllers saw of the same series and interval; in order of time, then series. */
export function mergeBuckets(buckets: readonly RedBucket[]): RedBucket[] {
  const joined = new Map<string, RedBucket>();
  for (const bucket of buckets) {
    const key = `${bucket.startMs} ${bucket.series}`;
    const known = joined.get(key);
    joined.set(key, known ? add(known, bucket) : bucket);
  }
  return [...joined.values()].toSorted((a, b) => a.startMs - b.startMs || (a.series < b.series ? -1 : 1));
}

const add = (a: RedBucket, b: RedBucket): RedBucket => ({
  ...a,
  count: a.count + b.count,
  errors: a.errors + b.errors,
  ownErrors: a.ownErrors + b.ownErrors,
  durationSumMs: a.durationSumMs + b.durationSumMs,
  durations: Array.from(
    { length: durationBoundsMs.length + 1 },
    (_, i) => (a.durations[i] ?? 0) + (b.durations[i] ?? 0),
  ),
});
