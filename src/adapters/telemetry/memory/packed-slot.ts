import { durationBoundsMs, type RedBucket } from "../../../loop/detection/red.ts";

/** All buckets of one interval, packed: of a duration histogram only the part between its first and last filled interval. */
export interface PackedSlot {
  readonly startMs: number;
  /** The same series again replaces what was there. */
  put(bucket: RedBucket): void;
  get(series: string): RedBucket | undefined;
  series(): Iterable<string>;
  size(): number;
}

/** Numbers in front of a bucket's histogram: count, errors, own errors, duration sum, first filled interval, how many follow. */
const head = 6;
const intervals = durationBoundsMs.length + 1;

export function createPackedSlot(startMs: number): PackedSlot {
  const places = new Map<string, number>();
  let numbers = new Float64Array(32);
  let used = 0;
  return {
    startMs,
    put(bucket) {
      if (used + head + intervals > numbers.length) numbers = grown(numbers);
      places.set(bucket.series, used);
      used += write(numbers, used, bucket);
    },
    get(series) {
      const at = places.get(series);
      return at === undefined ? undefined : read(numbers, at, series, startMs);
    },
    series: () => places.keys(),
    size: () => places.size,
  };
}

function grown(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(2 * numbers.length, numbers.length + head + intervals));
  larger.set(numbers);
  return larger;
}

function write(to: Float64Array, at: number, bucket: RedBucket): number {
  const first = Math.max(0, bucket.durations.findIndex(isFilled));
  const many = bucket.durations.findLastIndex(isFilled) + 1 - first;
  to.set([bucket.count, bucket.errors, bucket.ownErrors, bucket.durationSumMs, first, Math.max(0, many)], at);
  for (let i = 0; i < many; i++) to[at + head + i] = bucket.durations[first + i] ?? 0;
  return head + Math.max(0, many);
}

const isFilled = (n: number): boolean => n !== 0;

function read(from: Float64Array, at: number, series: string, startMs: number): RedBucket {
  const [count = 0, errors = 0, ownErrors = 0, durationSumMs = 0, first = 0, many = 0] = from.subarray(at, at + head);
  const durations = Array.from({ length: intervals }, () => 0);
  for (let i = 0; i < many; i++) durations[first + i] = from[at + head + i] ?? 0;
  return { series, startMs, count, errors, ownErrors, durationSumMs, durations };
}
