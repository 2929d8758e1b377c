import type { MetricPoint } from "../signal/metric-series.ts";
import type { Worse } from "../signal/service.ts";

/** How a series stands to its own recent past. */
export interface Deviation {
  readonly deviates: boolean;
  readonly expected: { readonly low: number; readonly high: number };
  /** The median of what deviates, or of the last values when nothing does. */
  readonly observed: number;
  /** When it began to deviate. */
  readonly sinceMs?: number;
  /** How far the observed value is from the median of the past, in robust standard deviations. */
  readonly scales: number;
}

/** Fewer values before the onset are no past to compare with, and fewer since no present. */
const pastMin = 8;
const presentMin = 2;
/** So many robust standard deviations from the past's median are a deviation; the expected band is a little narrower. */
const deviatesAt = 5;
const bandAt = 3;
/** Of the last values so many have to deviate: one alone is chance, and what is over is over. */
const [lastOf, lastNeeded] = [3, 2] as const;
/** A deviation from a past that never moved is at least this share of its level. */
const stillShare = 0.05;
const scalesMax = 1_000;

/**
 * Compares the values since `onsetMs` with the median and the median absolute deviation of those before: no value from the
 * onset on has a part in what is expected. Undefined when there are too few of either to say (B7).
 */
export function deviation(points: readonly MetricPoint[], onsetMs: number, direction: Worse): Deviation | undefined {
  const past = points.flatMap((p) => (p.atMs < onsetMs ? [p.value] : []));
  const present = points.filter((p) => p.atMs >= onsetMs);
  if (past.length < pastMin || present.length < presentMin) return undefined;
  const mid = median(past);
  const scale = scaleOf(past, mid);
  const scalesOf = (value: number): number => signed((value - mid) / scale, direction);
  const worse = present.filter((p) => scalesOf(p.value) >= deviatesAt);
  const last = present.slice(-lastOf);
  const deviates = last.filter((p) => worse.includes(p)).length >= Math.min(lastNeeded, last.length);
  const observed = median((deviates ? worse : last).map((p) => p.value));
  return {
    deviates,
    expected: { low: mid - bandAt * scale, high: mid + bandAt * scale },
    observed,
    ...(deviates && worse[0] ? { sinceMs: worse[0].atMs } : {}),
    scales: Math.min(scalesMax, Math.abs(observed - mid) / scale),
  };
}

const signed = (scales: number, direction: Worse): number =>
  direction === "higher" ? scales : direction === "lower" ? -scales : Math.abs(scales);

/** The past's robust standard deviation; where it mostly stood still, what it did at times counts too. */
function scaleOf(past: readonly number[], mid: number): number {
  const mad = median(past.map((v) => Math.abs(v - mid)));
  const sorted = past.toSorted((a, b) => a - b);
  const most = (at: number): number => sorted[Math.round(at * (sorted.length - 1))] ?? mid;
  const spread = (most(0.95) - most(0.05)) / 4;
  return Math.max(1.4826 * mad, spread, stillShare * Math.abs(mid), 1e-12);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2;
}
