import { intervals } from "./duration-interval.ts";
import { bucketMs, type RedBucket } from "./red.ts";

/** Buckets of one series kept to judge and to find the onset in. */
export const recentMax = 16;
/** Of these the histogram is kept too. */
export const histogramsMax = 4;

/** The last buckets of one series in two flat arrays: some hundred bytes a series, whatever comes (I11). */
export interface RecentBuckets {
  size: number;
  next: number;
  /** Per bucket: start, requests, errors, slow requests, requests slower than most. */
  readonly cells: Float64Array;
  readonly histograms: Float32Array;
}

export interface RecentBucket {
  readonly startMs: number;
  readonly count: number;
  readonly errors: number;
  readonly slow: number;
  readonly slower: number;
}

const width = 5;

export const emptyRecent = (): RecentBuckets => ({
  size: 0,
  next: 0,
  cells: new Float64Array(recentMax * width),
  histograms: new Float32Array(histogramsMax * intervals),
});

export function pushRecent(r: RecentBuckets, bucket: RedBucket, slow: number, slower: number): void {
  const at = (r.next % recentMax) * width;
  r.cells[at] = bucket.startMs;
  r.cells[at + 1] = bucket.count;
  r.cells[at + 2] = bucket.errors;
  r.cells[at + 3] = slow;
  r.cells[at + 4] = slower;
  const first = (r.next % histogramsMax) * intervals;
  for (let i = 0; i < intervals; i++) r.histograms[first + i] = bucket.durations[i] ?? 0;
  r.next++;
  r.size = Math.min(recentMax, r.size + 1);
}

const cells = { startMs: 0, count: 1, errors: 2, slow: 3, slower: 4 } as const;

/** One number of the bucket `back` places before the newest, which is there. */
export const cellAt = (r: RecentBuckets, back: number, cell: keyof typeof cells): number =>
  r.cells[((r.next - 1 - back) % recentMax) * width + cells[cell]] ?? 0;

/** The bucket `back` places before the newest. */
export function recentAt(r: RecentBuckets, back: number): RecentBucket | undefined {
  if (back >= r.size) return undefined;
  return {
    startMs: cellAt(r, back, "startMs"),
    count: cellAt(r, back, "count"),
    errors: cellAt(r, back, "errors"),
    slow: cellAt(r, back, "slow"),
    slower: cellAt(r, back, "slower"),
  };
}

/** The newest buckets, newest first, that lie within `spanMs` of the newest's end. */
export function newest(r: RecentBuckets, spanMs: number): RecentBucket[] {
  const found: RecentBucket[] = [];
  const first = recentAt(r, 0)?.startMs ?? 0;
  for (let back = 0; back < r.size; back++) {
    const bucket = recentAt(r, back);
    if (!bucket || bucket.startMs <= first + bucketMs - spanMs - bucketMs) break;
    found.push(bucket);
  }
  return found;
}

/** The histogram of the bucket `back` places before the newest; empty where it is not kept any more. */
export function histogramAt(r: RecentBuckets, back: number): Float32Array {
  if (back >= Math.min(histogramsMax, r.size)) return new Float32Array(intervals);
  const at = ((r.next - 1 - back) % histogramsMax) * intervals;
  return r.histograms.subarray(at, at + intervals);
}

/** The joined histogram of the newest `buckets` buckets, as far as they are kept. */
export function recentHistogram(r: RecentBuckets, buckets: number): Float64Array {
  const joined = new Float64Array(intervals);
  for (let back = 0; back < buckets; back++) {
    const one = histogramAt(r, back);
    for (let i = 0; i < intervals; i++) joined[i] = (joined[i] ?? 0) + (one[i] ?? 0);
  }
  return joined;
}
