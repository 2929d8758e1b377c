import { intervals, quantileOf } from "../duration-interval.ts";
import type { OperationTimes } from "./operation-times.ts";

/** A name and its share, 0 to 1. */
export interface Share {
  readonly name: string;
  readonly share: number;
}

/** What one operation did over a time. Durations and waits are per request, ms; shares 0 to 1. */
export interface OperationSummary {
  readonly operation: string;
  readonly count: number;
  readonly perSecond: number;
  readonly errors: number;
  readonly errorShare: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Requests by interval of `durationBoundsMs`, one longer than the bounds. */
  readonly durations: readonly number[];
  /** Of the time of its requests, its service's own work. */
  readonly selfShare: number;
  /** Of that time, waiting, by whom was waited for; the longest first. */
  readonly waits: readonly Share[];
  /** Of the length of the traces it was part of, what it alone kept from ending: its own work, and calls nobody else accounts for. */
  readonly criticalShare: number;
  /** Of its failed requests, where the failure began; the most first. */
  readonly origins: readonly Share[];
}

/** Adds up steps of one service by operation, busiest in time first. `lengthMs`: of the time the steps are of. Operations without a request are left out. */
export function summarizeOperations(rows: readonly OperationTimes[], lengthMs: number): OperationSummary[] {
  return [...Map.groupBy(rows, (row) => row.operation)]
    .map(([operation, its]) => summaryOf(operation, its, Math.max(1, lengthMs)))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count * b.meanMs - a.count * a.meanMs || (a.operation < b.operation ? -1 : 1));
}

function summaryOf(operation: string, rows: readonly OperationTimes[], lengthMs: number): OperationSummary {
  const total = (of: (row: OperationTimes) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const [count, errors, durationMs] = [total((r) => r.count), total((r) => r.errors), total((r) => r.durationMs)];
  const durations = histogramOf(rows);
  return {
    operation,
    count,
    perSecond: (count * 1_000) / lengthMs,
    errors,
    errorShare: ratio(errors, count),
    meanMs: count > 0 ? durationMs / count : 0,
    p50Ms: quantileOf(durations, 0.5),
    p95Ms: quantileOf(durations, 0.95),
    durations,
    selfShare: ratio(
      total((r) => r.selfMs),
      durationMs,
    ),
    waits: sharesOf(
      rows.map((r) => r.waits),
      durationMs,
    ),
    criticalShare: ratio(
      total((r) => r.criticalMs),
      total((r) => r.traceMs),
    ),
    origins: sharesOf(
      rows.map((r) => r.origins),
      errors,
    ),
  };
}

/** Requests by interval of `durationBoundsMs`. */
function histogramOf(rows: readonly OperationTimes[]): number[] {
  const durations = Array.from({ length: intervals }, () => 0);
  for (const row of rows)
    for (const [interval, many] of row.durations) durations[interval] = (durations[interval] ?? 0) + many;
  return durations;
}

function sharesOf(maps: readonly ReadonlyMap<string, number>[], of: number): Share[] {
  const sums = new Map<string, number>();
  for (const map of maps) for (const [name, by] of map) sums.set(name, (sums.get(name) ?? 0) + by);
  return [...sums]
    .map(([name, sum]) => ({ name, share: ratio(sum, of) }))
    .toSorted((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1));
}

const ratio = (part: number, whole: number): number => (whole > 0 ? Math.min(1, part / whole) : 0);
