import type { Recording } from "./recording.ts";

/** The window with both ends known. Times before it are the past, times after it are not looked at. */
export interface Timeline {
  readonly fromMs: number;
  readonly toMs: number;
}

export const isPast = (at: Timeline, timeMs: number): boolean => timeMs < at.fromMs;
export const isNow = (at: Timeline, timeMs: number): boolean => timeMs >= at.fromMs && timeMs <= at.toMs;

/** A series cut at the window: finite values only. */
export interface Cut {
  readonly past: readonly number[];
  readonly now: readonly number[];
  readonly nowMs: readonly number[];
}

export function cut(at: Timeline, { timesMs, values }: Pick<Recording["series"][number], "timesMs" | "values">): Cut {
  const [past, now, nowMs]: [number[], number[], number[]] = [[], [], []];
  for (const [i, timeMs] of timesMs.entries()) {
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value)) continue;
    if (isPast(at, timeMs)) past.push(value);
    else if (isNow(at, timeMs)) {
      now.push(value);
      nowMs.push(timeMs);
    }
  }
  return { past, now, nowMs };
}
