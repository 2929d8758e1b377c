import type { MetricSignal } from "../../signal/signal.ts";
import { followOn, type CountedPast } from "./follow-on.ts";
import { timely } from "../timely.ts";

/** What a stream was at last. */
export interface MetricPast extends CountedPast {
  /** Of a histogram; `total` is its count, and of a counter its value. */
  sum: number;
}

export const noPast = (): MetricPast => ({ timeMs: Number.NaN, startMs: 0, total: 0, falls: 0, sum: 0 });

/** Why a point was left out: older than the last one, of the same time, or of another sender that nothing tells apart. */
export type PointRefusal = "late" | "duplicate" | "shared";

/**
 * The number a point stands for in its series: a gauge's value; what a counter added a second; the mean of what a histogram
 * took in. `undefined` when it has none: a first value of what only counts up has no past, an empty histogram no mean. A stream
 * whose sender began anew counts from zero. Updates `past`.
 */
export function metricValue(metric: MetricSignal, past: MetricPast): number | PointRefusal | undefined {
  const { value, timeMs } = metric;
  // What is that far behind was refused at the door, unless the clock was set.
  if (timeMs < past.timeMs - timely.pastMs) past.timeMs = Number.NaN;
  if (timeMs <= past.timeMs) return timeMs < past.timeMs ? "late" : "duplicate";
  if (value.type === "gauge") return (seen(past, timeMs, 0, 0, 0), value.value);
  if (value.type === "counter" && !value.monotonic && !value.delta) return (seen(past, timeMs, 0, 0, 0), value.value);
  if (value.delta) return deltaOf(value, timeMs, past);
  return growthOf(metric, value, past);
}

type Counted = Exclude<MetricSignal["value"], { type: "gauge" }>;

function deltaOf(value: Counted, timeMs: number, past: MetricPast): number | undefined {
  const seconds = (timeMs - past.timeMs) / 1_000;
  seen(past, timeMs, value.startMs, 0, 0);
  if (value.type === "histogram") return value.count > 0 ? value.sum / value.count : undefined;
  const { startMs } = value;
  // Never more than since the point before: a start from before the clock was set would make next to nothing of it.
  const told = startMs > 0 && startMs < timeMs ? (timeMs - startMs) / 1_000 : seconds;
  const over = seconds > 0 ? Math.min(told, seconds) : told;
  return over > 0 ? value.value / over : undefined;
}

function growthOf(metric: MetricSignal, value: Counted, past: MetricPast): number | PointRefusal | undefined {
  const [total, sum] = value.type === "histogram" ? [value.count, value.sum] : [value.value, 0];
  const { timeMs: beforeMs, total: totalBefore, sum: sumBefore } = past;
  const isFirst = !(metric.timeMs > beforeMs);
  const follows = isFirst ? "unseen" : followOn(past, { startMs: value.startMs, total }, metric.instance !== undefined);
  // Of two senders that share a stream the one that began last is followed.
  if (follows === "shared" && value.startMs < past.startMs) return "shared";
  seen(past, metric.timeMs, value.startMs, total, sum);
  if (follows === "shared") return "shared";
  if (follows === "unseen") return undefined;
  const from = follows === "reset" ? [0, 0] : [totalBefore, sumBefore];
  const [added, addedSum] = [total - (from[0] ?? 0), sum - (from[1] ?? 0)];
  if (value.type === "histogram") return added > 0 ? addedSum / added : undefined;
  return Math.max(0, added) / ((metric.timeMs - beforeMs) / 1_000);
}

function seen(past: MetricPast, timeMs: number, startMs: number, total: number, sum: number): void {
  past.timeMs = timeMs;
  past.startMs = startMs;
  past.total = total;
  past.sum = sum;
}
