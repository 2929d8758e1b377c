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

/** The minute's row with a further point, or a further part of the same minute, in it. Order does not matter but for ties in time. */
export function addPoint(minute: PointRow | undefined, point: PointRow): PointRow {
  if (!minute) return { ...point, widthMs: minuteMs };
  const [older, newer] = point.timeMs >= minute.timeMs ? [minute, point] : [point, minute];
  const both = { ...newer, widthMs: minuteMs, points: minute.points + point.points };
  if (newer.type === "histogram") return newer.delta && fits(older, newer) ? { ...both, ...added(older, newer) } : both;
  return {
    ...both,
    min: Math.min(older.min ?? Infinity, newer.min ?? Infinity),
    max: Math.max(older.max ?? -Infinity, newer.max ?? -Infinity),
    sum: (older.sum ?? 0) + (newer.sum ?? 0),
  };
}

/** A row of a minute stands at its beginning once nothing more is added. */
export const settlePoint = (row: PointRow): PointRow => ({ ...row, timeMs: minuteOf(row.timeMs) });

const fits = (a: PointRow, b: PointRow): boolean => a.counts?.length === b.counts?.length;

const added = (a: PointRow, b: PointRow) => ({
  startMs: Math.min(a.startMs, b.startMs),
  observations: (a.observations ?? 0) + (b.observations ?? 0),
  observedSum: (a.observedSum ?? 0) + (b.observedSum ?? 0),
  counts: (b.counts ?? []).map((n, i) => n + (a.counts?.[i] ?? 0)),
});
