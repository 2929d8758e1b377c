import { createRecentMap } from "../detection/recent-map.ts";
import type { MetricSignal } from "../signal/signal.ts";
import { minuteMs, minuteOf } from "./keeping.ts";
import { addPoint, openMinute, settlePoint, type OpenMinute } from "./roll-up-points.ts";
import type { PointRow } from "./row.ts";

/** What has too many series, and the attribute that makes them. */
export interface CrowdedMetric {
  readonly service: string;
  readonly environment: string;
  readonly name: string;
  readonly attribute: string;
  /** Points that had to share one series by now. */
  readonly points: number;
  /** The minute in which that last happened. */
  readonly lastMs: number;
}

export interface SeriesLimits {
  /** Series of one metric of one service in one minute; more share one, as in OpenTelemetry's SDKs. */
  readonly seriesPerMetricMax: number;
  /** Series of all minutes that are open. */
  readonly seriesMax: number;
}

export const usualSeries: SeriesLimits = { seriesPerMetricMax: 2_000, seriesMax: 100_000 };

/** OpenTelemetry's name for the series of all that found no room. */
const overflow = { "otel.metric.overflow": "true" } as const;
/** The worst gives way to what is crowded now when it was not for so long. */
const forgottenMs = 600_000;
/** Metrics remembered as crowded, twice as many at most (I11). */
const crowdedMax = 500;

/** Metric points, rolled up by minute and series. However many values an attribute takes, it stays within its limits (I11). */
export interface MinuteSeries {
  /** False when there was no room for it even in the series that others share. */
  add(metric: MetricSignal): boolean;
  /** Takes out the rows of minutes that ended by then. */
  takeEndedBy(timeMs: number): PointRow[];
  takeOldest(): PointRow[];
  rows(): Iterable<PointRow>;
  isFull(): boolean;
  stats(): { readonly series: number; readonly crowdedPoints: number; readonly worst: CrowdedMetric | undefined };
}

/** The series of one metric. */
type Series = Map<string, OpenMinute>;
/** Series by metric. */
type Minute = Map<string, Series>;

export function createMinuteSeries({ seriesPerMetricMax, seriesMax }: SeriesLimits = usualSeries): MinuteSeries {
  const minutes = new Map<number, Minute>();
  const crowded = createRecentMap<CrowdedMetric>(crowdedMax);
  let [size, crowdedPoints] = [0, 0];
  let worst: CrowdedMetric | undefined;

  function noteCrowded(key: string, series: Series, { service, environment, name, timeMs }: MetricSignal): void {
    crowdedPoints++;
    const known = crowded.get(key);
    const attribute = known?.attribute ?? busiestAttribute(series.values());
    const points = (known?.points ?? 0) + 1;
    const noted = { service, environment, name, attribute, points, lastMs: minuteOf(timeMs) };
    crowded.set(key, noted);
    if (!worst || noted.points >= worst.points || noted.lastMs > worst.lastMs + forgottenMs) worst = noted;
  }

  function put(series: Series, key: string, metric: MetricSignal): boolean {
    const known = series.get(key);
    if (known) addPoint(known, metric);
    else if (size >= seriesMax) return false;
    else {
      size++;
      series.set(key, openMinute(metric));
    }
    return true;
  }

  function take(startMs: number): PointRow[] {
    const rows = rowsOf(minutes.get(startMs));
    minutes.delete(startMs);
    size -= rows.length;
    return rows;
  }

  return {
    add(metric) {
      const minute = entry(minutes, minuteOf(metric.timeMs), () => new Map());
      const key = metricKey(metric);
      const series = entry(minute, key, () => new Map());
      const own = seriesKey(metric);
      if (series.size < seriesPerMetricMax || series.has(own)) return put(series, own, metric);
      noteCrowded(key, series, metric);
      return put(series, "", { ...metric, instance: undefined, version: undefined, attributes: overflow });
    },
    takeEndedBy: (timeMs) =>
      [...minutes.keys()].filter((startMs) => startMs + minuteMs <= timeMs).flatMap((startMs) => take(startMs)),
    takeOldest: () => take(Math.min(...minutes.keys())),
    *rows() {
      for (const minute of minutes.values()) yield* rowsOf(minute);
    },
    isFull: () => size >= seriesMax,
    stats: () => ({ series: size, crowdedPoints, worst }),
  };
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

const rowsOf = (minute: Minute | undefined): PointRow[] =>
  [...(minute?.values() ?? [])].flatMap((series) => [...series.values()].map(settlePoint));

const metricKey = ({ environment, service, name, value }: MetricSignal): string =>
  `${environment}\u0000${service}\u0000${name}\u0000${value.type}`;

/** In the order they came: a sender that changes it has two rows for a series, which add up like any two. Sorting would cost more than adding. */
function seriesKey({ instance = "", version = "", attributes }: MetricSignal): string {
  let key = `${instance}\u0000${version}`;
  for (const name in attributes) key += `\u0000${name}\u0000${attributes[name]}`;
  return key;
}

/** The attribute with the most values; a service's instances count as one of its attributes. */
function busiestAttribute(rows: Iterable<OpenMinute>): string {
  const values = new Map<string, Set<string>>();
  for (const { instance, attributes } of rows)
    for (const [name, value] of [...Object.entries(attributes), ["service.instance.id", instance ?? ""] as const])
      entry(values, name, () => new Set()).add(value);
  return [...values].reduce((most, [name, of]) => (of.size > most.size ? { name, size: of.size } : most), {
    name: "",
    size: 0,
  }).name;
}
