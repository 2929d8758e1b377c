import type { MetricSignal } from "../../signal/signal.ts";

/** What a stream was at last, for streams that count up. */
export interface MetricPast {
  timeMs: number;
  startMs: number;
  /** Of a counter its value, of a histogram its count. */
  total: number;
  sum: number;
}

export const noPast = (): MetricPast => ({ timeMs: Number.NaN, startMs: Number.NaN, total: 0, sum: 0 });

/**
 * The number a point stands for in its series: a gauge's value; what a counter added a second; the mean of what a histogram
 * took in. `undefined` when it has none: a first value of what only counts up has no past, an empty histogram no mean, an old or
 * repeated point nothing new. A counter that fell was reset, and counts from zero. Updates `past`.
 */
export function metricValue({ value, timeMs }: MetricSignal, past: MetricPast): number | undefined {
  const seconds = (timeMs - past.timeMs) / 1000;
  if (seconds <= 0) return undefined;
  if (value.type === "gauge") return (seen(past, timeMs, 0, 0), value.value);
  if (value.type === "counter") {
    if (!value.monotonic && !value.delta) return (seen(past, timeMs, 0, 0), value.value);
    return counted(past, timeMs, value.startMs, value.delta, value.value, seconds);
  }
  return meanOf(value, timeMs, past, seconds);
}

type Histogram = Extract<MetricSignal["value"], { type: "histogram" }>;

function meanOf(value: Histogram, timeMs: number, past: MetricPast, seconds: number): number | undefined {
  const { total, sum, startMs } = past;
  const isReset = value.startMs > startMs || value.count < total;
  seen(past, timeMs, value.delta ? 0 : value.count, value.delta ? 0 : value.sum);
  past.startMs = value.startMs;
  // The first of a cumulative stream tells of all time before.
  if (!value.delta && !(seconds > 0)) return undefined;
  const [count, added] = value.delta || isReset ? [value.count, value.sum] : [value.count - total, value.sum - sum];
  return count > 0 ? added / count : undefined;
}

function counted(
  past: MetricPast,
  timeMs: number,
  startMs: number,
  delta: boolean,
  value: number,
  seconds: number,
): number | undefined {
  const before = past.total;
  const isFirst = !(seconds > 0);
  const isReset = startMs > past.startMs || value < before;
  seen(past, timeMs, value, 0);
  past.startMs = startMs;
  if (delta) {
    const over = startMs > 0 && startMs < timeMs ? (timeMs - startMs) / 1000 : seconds;
    return over > 0 ? value / over : undefined;
  }
  if (isFirst) return undefined;
  return Math.max(0, isReset ? value : value - before) / seconds;
}

function seen(past: MetricPast, timeMs: number, total: number, sum: number): void {
  past.timeMs = timeMs;
  past.total = total;
  past.sum = sum;
}
