import { intervals } from "./duration-interval.ts";
import { bucketMs, type RedBucket } from "./red.ts";

export type OpenBucket = { -readonly [K in keyof RedBucket]: K extends "durations" ? number[] : RedBucket[K] };

/** One interval of time that is still open: its buckets, and what can only be decided when it closes. */
export interface Slot {
  readonly startMs: number;
  readonly buckets: Map<string, OpenBucket>;
  /** Failed server spans, whose error is their own unless a failed call of theirs turns up. */
  readonly failed: { readonly span: string; readonly service: string; readonly buckets: readonly OpenBucket[] }[];
  /** Calls that do not name whom they call. */
  readonly unnamed: {
    readonly span: string;
    readonly from: string;
    readonly environment: string;
    readonly durationMs: number;
    readonly error: boolean;
  }[];
}

export const createSlot = (startMs: number): Slot => ({ startMs, buckets: new Map(), failed: [], unnamed: [] });

export const slotStart = (timeMs: number): number => Math.floor(timeMs / bucketMs) * bucketMs;

const noDurations: readonly number[] = Array.from({ length: intervals }, () => 0);

export const emptyBucket = (series: string, startMs: number): OpenBucket => ({
  series,
  startMs,
  count: 0,
  errors: 0,
  ownErrors: 0,
  durationSumMs: 0,
  durations: noDurations.slice(),
});

export function addCall(bucket: OpenBucket, interval: number, durationMs: number, error: boolean): void {
  bucket.count++;
  bucket.durationSumMs += durationMs;
  bucket.durations[interval] = (bucket.durations[interval] ?? 0) + 1;
  if (error) bucket.errors++;
}
