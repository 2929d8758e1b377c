import type { MetricSignal } from "../signal/signal.ts";
import { minuteMs, minuteOf } from "./keeping.ts";
import type { PointRow } from "./row.ts";

/** A data point as it came. */
export function pointRow(metric: MetricSignal): PointRow {
  const { service, environment, instance, version, name, unit, timeMs, attributes, value } = metric;
  const who = { service, environment, instance, version };
  const common = { ...who, name, unit, timeMs, attributes, type: value.type, widthMs: 0, points: 1 };
  if (value.type === "histogram") {
    const { count, sum, bounds, counts, delta, startMs } = value;
    return { ...common, monotonic: true, delta, startMs, observations: count, observedSum: sum, bounds, counts };
  }
  const of = { min: value.value, max: value.value, sum: value.value, last: value.value };
  if (value.type === "gauge") return { ...common, ...of, monotonic: false, delta: false, startMs: 0 };
  return { ...common, ...of, monotonic: value.monotonic, delta: value.delta, startMs: value.startMs };
}

/** A minute of a series that points are still added to, in place: there may be hundreds of thousands a second. */
export type OpenMinute = { -readonly [K in keyof PointRow]: PointRow[K] };

export const openMinute = (metric: MetricSignal): OpenMinute => ({ ...pointRow(metric), widthMs: minuteMs });

/** Adds a further point. In which order they come does not matter, but for ties in time. */
export function addPoint(minute: OpenMinute, { value, timeMs }: MetricSignal): void {
  const isNewer = timeMs >= minute.timeMs;
  minute.points++;
  if (isNewer) minute.timeMs = timeMs;
  if (value.type === "histogram") addHistogram(minute, value, isNewer);
  else {
    minute.min = Math.min(minute.min ?? Infinity, value.value);
    minute.max = Math.max(minute.max ?? -Infinity, value.value);
    minute.sum = (minute.sum ?? 0) + value.value;
    if (isNewer) minute.last = value.value;
  }
}

/** Deltas add up. Of cumulative ones, and where the intervals changed, the newest counts. */
function addHistogram(
  minute: OpenMinute,
  value: Extract<MetricSignal["value"], { type: "histogram" }>,
  isNewer: boolean,
): void {
  const before = minute.counts ?? [];
  const addsUp = value.delta && before.length === value.counts.length;
  if (!addsUp && !isNewer) return;
  minute.observations = value.count + (addsUp ? (minute.observations ?? 0) : 0);
  minute.observedSum = value.sum + (addsUp ? (minute.observedSum ?? 0) : 0);
  minute.counts = addsUp ? before.map((n, i) => n + (value.counts[i] ?? 0)) : value.counts;
  minute.bounds = value.bounds;
  minute.startMs = addsUp ? Math.min(minute.startMs, value.startMs) : value.startMs;
}

/** The row of a minute stands at its beginning. */
export const settlePoint = (minute: OpenMinute): PointRow => ({ ...minute, timeMs: minuteOf(minute.timeMs) });
