import { summarizeOperations, type OperationSummary } from "./operation-summary.ts";
import { keptMs, stepMs, type OperationTimes } from "./operation-times.ts";
import { traceLimits } from "./assemble-traces.ts";

/** Traces that began later than this before now may still grow, so that what is said of them is not whole. */
export const growingMs = traceLimits.quietMs + stepMs;

/** The operations of one service over a time, and over what is kept of the time before it. */
export interface Compared {
  readonly since: readonly OperationSummary[];
  readonly before: readonly OperationSummary[];
  /** When the time before began; undefined when nothing is known of it. */
  readonly beforeFromMs?: number;
}

/** From when on rows are read to compare a time with what was before it. */
export const readFromMs = (fromMs: number): number => fromMs - keptMs;

/** Compares [fromMs, toMs) with what the rows tell of before. A step across the border is of neither; a service that was not heard before counts from when it was. */
export function compareOperations(rows: readonly OperationTimes[], fromMs: number, toMs: number): Compared {
  const since = rows.filter((row) => row.startMs >= fromMs && row.startMs < toMs);
  const before = rows.filter((row) => row.startMs + row.widthMs <= fromMs);
  const beforeFromMs = firstOf(before);
  return {
    since: summarizeOperations(since, toMs - (before.length > 0 ? fromMs : firstOf(since))),
    before: summarizeOperations(before, fromMs - beforeFromMs),
    ...(before.length > 0 ? { beforeFromMs } : {}),
  };
}

const firstOf = (rows: readonly OperationTimes[]): number =>
  rows.reduce((least, row) => Math.min(least, row.startMs), Infinity);
