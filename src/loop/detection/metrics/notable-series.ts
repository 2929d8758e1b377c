import type { MetricSignal } from "../../signal/signal.ts";
import type { MetricSeries } from "../metric-series.ts";
import { timely } from "../timely.ts";
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

interface KeptOfService {
  readonly streams: Map<number, Kept>;
  /** Nothing of it can be idle before. */
  roomFromMs: number;
}

export interface NotableSeries {
  take(metric: MetricSignal, nowMs: number): void;
  /** Series of a service; undefined when none of the wanted ones came. */
  read(service: string, environment: string): MetricSeries[] | undefined;
  stats(): { readonly notableSeries: number; readonly notableSeriesRefused: number };
}

/** By environment, then service. */
type KeptByPlace = Map<string, Map<string, KeptOfService>>;

/** How many streams were idle and are let go, and when the longest silent of the others was heard. */
function forgetIdle(
  environments: KeptByPlace,
  nowMs: number,
): { readonly forgotten: number; readonly oldestMs: number } {
  let [forgotten, oldestMs] = [0, nowMs];
  for (const [environment, services] of environments) {
    for (const [service, own] of services) {
      for (const [id, { heardMs }] of own.streams)
        if (nowMs - heardMs <= idleMs) oldestMs = Math.min(oldestMs, heardMs);
        else if (own.streams.delete(id)) forgotten++;
      if (own.streams.size === 0) services.delete(service);
    }
    if (services.size === 0) environments.delete(environment);
  }
  return { forgotten, oldestMs };
}

/** Keeps the last points of the metrics that known failures ask about: gauges as they are, of counters what they add a second. */
export function createNotableSeries(asks: (name: string) => boolean): NotableSeries {
  const environments: KeptByPlace = new Map();
  let [streams, refused] = [0, 0];
  /** Nothing can be idle before: what is full is looked through when that may free a place, not for each point it refuses. */
  let roomFromMs = -Infinity;

  function makeRoom(nowMs: number): boolean {
    if (streams < streamsMax || isTooSoon(nowMs, roomFromMs)) return streams < streamsMax;
    const { forgotten, oldestMs } = forgetIdle(environments, nowMs);
    streams -= forgotten;
    roomFromMs = oldestMs + idleMs;
    return streams < streamsMax;
  }

  /** Instances come and go: of a service that is full, the stream that was silent for longest gives its place, once it is idle. */
  function hasRoom(own: KeptOfService, nowMs: number): boolean {
    if (own.streams.size < perServiceMax) return true;
    if (isTooSoon(nowMs, own.roomFromMs)) return false;
    let [oldest, oldestMs] = [Number.NaN, nowMs];
    for (const [id, { heardMs }] of own.streams) if (heardMs < oldestMs) [oldest, oldestMs] = [id, heardMs];
    own.roomFromMs = oldestMs + idleMs;
    if (isTooSoon(nowMs, own.roomFromMs) || !own.streams.delete(oldest)) return false;
    streams--;
    return true;
  }

  function open(metric: MetricSignal, id: number, nowMs: number): Kept | undefined {
    const services = environments.get(metric.environment) ?? new Map<string, KeptOfService>();
    const own = services.get(metric.service) ?? { streams: new Map<number, Kept>(), roomFromMs: -Infinity };
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
    own.streams.set(id, fresh);
    services.set(metric.service, own);
    environments.set(metric.environment, services);
    streams++;
    return fresh;
  }

  return {
    take(metric, nowMs) {
      if (metric.timeMs > nowMs + timely.futureMs || metric.timeMs < nowMs - timely.pastMs) return;
      if (!asks(metric.name)) return;
      const id = metricIdentity(metric);
      const own = environments.get(metric.environment)?.get(metric.service);
      const kept = own?.streams.get(id) ?? open(metric, id, nowMs);
      if (!kept) return;
      kept.heardMs = nowMs;
      const value = metricValue(metric, kept.past);
      if (typeof value !== "number" || !Number.isFinite(value)) return;
      const at = kept.count++ % pointsMax;
      kept.times[at] = metric.timeMs;
      kept.values[at] = value;
    },
    read(service, environment) {
      const own = environments.get(environment)?.get(service);
      return own && [...own.streams.values()].map((kept) => ({ ...kept.of, points: pointsOf(kept) }));
    },
    stats: () => ({ notableSeries: streams, notableSeriesRefused: refused }),
  };
}

/** Also when the clock went back it is time to look again. */
const isTooSoon = (nowMs: number, roomFromMs: number): boolean => nowMs <= roomFromMs && nowMs >= roomFromMs - idleMs;

function pointsOf({ times, values, count }: Kept): MetricSeries["points"] {
  const held = Math.min(count, pointsMax);
  return Array.from({ length: held }, (_, i) => {
    const at = (count - held + i) % pointsMax;
    return { timeMs: times[at] ?? 0, value: values[at] ?? 0 };
  });
}
