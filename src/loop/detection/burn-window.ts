import { bucketMs } from "./red.ts";

/** Requests and bad ones summed since the beginning, at the end of each interval: any window is one subtraction. */
export interface BurnWindow {
  readonly endMs: number[];
  readonly total: number[];
  readonly bad: number[];
  startMs: number;
  thinnedMs: number;
}

export const emptyWindow = (): BurnWindow => ({ endMs: [], total: [], bad: [], startMs: Infinity, thinnedMs: 0 });

/** Intervals of a bucket are kept this long, then only each minute's last. */
const fineMs = 15 * 60_000;
const coarseMs = 60_000;

/** Adds a bucket; buckets come in order of time, and an earlier one is not counted again. */
export function pushWindow(w: BurnWindow, startMs: number, total: number, bad: number, keptMs: number): void {
  const last = w.endMs.length - 1;
  if (startMs + bucketMs <= (w.endMs[last] ?? -Infinity)) return;
  w.startMs = Math.min(w.startMs, startMs);
  w.endMs.push(startMs + bucketMs);
  w.total.push((w.total[last] ?? 0) + total);
  w.bad.push((w.bad[last] ?? 0) + bad);
  if (startMs - w.thinnedMs >= coarseMs) thin(w, startMs, keptMs);
}

function thin(w: BurnWindow, nowMs: number, keptMs: number): void {
  w.thinnedMs = nowMs;
  const kept = w.endMs.flatMap((end, i) => {
    const next = w.endMs[i + 1];
    if (next === undefined || end > nowMs - fineMs) return [i];
    if (next < nowMs - keptMs) return [];
    return Math.floor(end / coarseMs) === Math.floor(next / coarseMs) ? [] : [i];
  });
  for (const column of [w.endMs, w.total, w.bad]) column.splice(0, column.length, ...kept.map((i) => column[i] ?? 0));
}

export interface WindowSum {
  readonly total: number;
  readonly bad: number;
  /** Time of the window that telemetry was there for, at most its length. */
  readonly filledMs: number;
}

/** Sums over the last `lengthMs` before the newest bucket's end. */
export function sumWindow(w: BurnWindow, lengthMs: number): WindowSum {
  const last = w.endMs.length - 1;
  const endMs = w.endMs[last];
  if (endMs === undefined) return { total: 0, bad: 0, filledMs: 0 };
  const before = lastAtOrBefore(w.endMs, endMs - lengthMs);
  return {
    total: (w.total[last] ?? 0) - (w.total[before] ?? 0),
    bad: (w.bad[last] ?? 0) - (w.bad[before] ?? 0),
    filledMs: Math.min(lengthMs, endMs - w.startMs),
  };
}

/** Index of the last end not after `ms`; -1 when all are. */
function lastAtOrBefore(ends: readonly number[], ms: number): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((ends[mid] ?? 0) <= ms) low = mid + 1;
    else high = mid;
  }
  return low - 1;
}

/** The newest intervals, newest first, back to `spanMs` ago. */
export function newestIntervals(w: BurnWindow, spanMs: number): { startMs: number; total: number; bad: number }[] {
  const found: { startMs: number; total: number; bad: number }[] = [];
  const newest = w.endMs.at(-1) ?? 0;
  for (let i = w.endMs.length - 1; i >= 0 && (w.endMs[i] ?? 0) > newest - spanMs; i--)
    found.push({
      startMs: (w.endMs[i] ?? 0) - bucketMs,
      total: (w.total[i] ?? 0) - (w.total[i - 1] ?? 0),
      bad: (w.bad[i] ?? 0) - (w.bad[i - 1] ?? 0),
    });
  return found;
}
