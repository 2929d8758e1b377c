import type { ReceiverOptions } from "./receiver.ts";

/** What lies further ahead of receipt than this is no mere difference of clocks, and is counted. */
const skewMaxMs = 5 * 60_000;

/** An alert counts as begun this long before it was received at most: what is looked at of an incident reaches back to its start. */
export const onsetMaxMs = 24 * 3_600_000;

/** The times of one request's alerts or changes, as they may be believed. */
export interface BoundedTime {
  /**
   * When something began that is told now, in ms: never later than receipt. Whoever has a wrong clock still has something
   * to say, so nothing is dropped; what is more than 5 min ahead is counted.
   */
  begun(time: string): number;
  /** The same, and no longer than 24 h before receipt; what is, is counted. */
  onset(time: string): number;
}

export function boundedTime(nowMs: number, count: ReceiverOptions["count"]): BoundedTime {
  const begun = (time: string): number => {
    const ms = Date.parse(time);
    if (ms > nowMs + skewMaxMs) count?.("control_times_ahead", 1);
    return Math.min(ms, nowMs);
  };
  const onset = (time: string): number => {
    const ms = begun(time);
    if (ms < nowMs - onsetMaxMs) count?.("control_onsets_old", 1);
    return Math.max(ms, nowMs - onsetMaxMs);
  };
  return { begun, onset };
}
