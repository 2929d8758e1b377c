import type { MetricSignal } from "../../signal/signal.ts";
import type { MetricSeries } from "../metric-series.ts";
import { timely } from "../red-aggregator.ts";
import { metricIdentity } from "./metric-identity.ts";
import { metricValue, noPast, type MetricPast } from "./metric-value.ts";

/** Bounds (I11): streams kept in all, those of one service, and points of each; 16 bytes a point, so 20 MB when full. */
const streamsMax = 10_000;
const perServiceMax = 200;
const pointsMax = 120;
/** A stream that did not come for this long is forgotten, when room is wanted. */
const idleMs = 30 * 60_000;

interface Kept {
  readonly of: Pick<MetricSeries, "name" | "instance" | "attributes">;
  readonly past: MetricPast;
  readonly times: Float64Array;
  readonly values: Float64Array;
  count: number;
  heardMs: number;
}

export interface NotableSeries {
  take(metric: MetricSignal, nowMs: number): void;
  /** Series of a service; undefined when none of the wanted ones came. */
  read(service: string, environment: string): MetricSeries[] | undefined;
  stats(): { readonly notableSeries: number; readonly notableSeriesRefused: number };
}

/** Keeps the last points of the metrics that known failures ask about: gauges as they are, of counters what they add a second. */
export function createNotableSeries(asks: (name: string) => boolean): NotableSeries {
  const services = new Map<string, Map<number, Kept>>();
  let [streams, refused] = [0, 0];

  function makeRoom(nowMs: number): boolean {
    if (streams < streamsMax) return true;
    for (const [key, kept] of services) {
      for (const [id, stream] of kept) if (nowMs - stream.heardMs > idleMs && kept.delete(id)) streams--;
      if (kept.size === 0) services.delete(key);
    }
    return streams < streamsMax;
  }

  /** Instances come and go: of a service that is full, the stream that was silent for longest gives its place, once it is idle. */
  function hasRoom(own: Map<number, Kept>, nowMs: number): boolean {
    if (own.size < perServiceMax) return true;
    let [oldest, oldestMs] = [Number.NaN, nowMs - idleMs];
    for (const [id, { heardMs }] of own) if (heardMs < oldestMs) [oldest, oldestMs] = [id, heardMs];
    if (!own.delete(oldest)) return false;
    streams--;
    return true;
  }

  function open(metric: MetricSignal, id: number, nowMs: number): Kept | undefined {
    const key = placeOf(metric.service, metric.environment);
    const own = services.get(key) ?? new Map<number, Kept>();
    if (!hasRoom(own, nowMs) || !makeRoom(nowMs)) {
      refused++;
      return undefined;
    }
    const { name, instance, attributes } = metric;
    const fresh: Kept = {
      of: { name, attributes, ...(instance === undefined ? {} : { instance }) },
      past: noPast(),
      times: new Float64Array(pointsMax),
      values: new Float64Array(pointsMax),
      count: 0,
      heardMs: nowMs,
    };
    services.set(key, own.set(id, fresh));
    streams++;
    return fresh;
  }

  return {
    take(metric, nowMs) {
      if (metric.timeMs > nowMs + timely.futureMs || metric.timeMs < nowMs - timely.pastMs) return;
      if (!asks(metric.name)) return;
      const id = metricIdentity(metric);
      const kept = services.get(placeOf(metric.service, metric.environment))?.get(id) ?? open(metric, id, nowMs);
      if (!kept) return;
      kept.heardMs = nowMs;
      const value = metricValue(metric, kept.past);
      if (value === undefined || !Number.isFinite(value)) return;
      const at = kept.count++ % pointsMax;
      kept.times[at] = metric.timeMs;
      kept.values[at] = value;
    },
    read(service, environment) {
      const own = services.get(placeOf(service, environment));
      return own && [...own.values()].map((kept) => ({ ...kept.of, points: pointsOf(kept) }));
    },
    stats: () => ({ notableSeries: streams, notableSeriesRefused: refused }),
  };
}

function pointsOf({ times, values, count }: Kept): MetricSeries["points"] {
  const held = Math.min(count, pointsMax);
  return Array.from({ length: held }, (_, i) => {
    const at = (count - held + i) % pointsMax;
    return { timeMs: times[at] ?? 0, value: values[at] ?? 0 };
  });
}

const placeOf = (service: string, environment: string): string => JSON.stringify([environment, service]);
