import { createSeriesDetector, type SeriesDetector } from "../series/series-detector.ts";
import { placeOf } from "../slo-watch.ts";
import { classOf } from "./metric-class.ts";
import { createMetricFamilies, type FamilyLimits, type MetricFamilies } from "./metric-families.ts";
import type { MetricStream, StreamName } from "./metric-stream.ts";
import { noPast } from "./metric-value.ts";
import { createServiceMetrics, type ServiceMetrics } from "./service-metrics.ts";

/** What is watched at one time (I11). */
export interface MetricLimits extends FamilyLimits {
  /** A stream that was silent for so long is forgotten. */
  readonly idleMs: number;
}

/** The streams under watch by their identity, and whose they are. */
export interface MetricStreams {
  readonly streams: ReadonlyMap<number, MetricStream>;
  readonly services: ReadonlyMap<string, ServiceMetrics>;
  readonly families: MetricFamilies;
  /** A new stream, or undefined where there is no room for it, which is counted. */
  open(id: number, name: StreamName, nowMs: number, detector?: SeriesDetector): MetricStream | undefined;
  close(id: number): void;
  /** Lets go of a service and all of its streams. */
  letGo(key: string): void;
  forgetIdle(nowMs: number): void;
}

export function createMetricStreams(
  limits: MetricLimits,
  isDeclared: (service: string, environment: string) => boolean,
): MetricStreams {
  const streams = new Map<number, MetricStream>();
  const services = new Map<string, ServiceMetrics>();
  const families = createMetricFamilies(limits);

  function serviceOf({ service, environment }: StreamName): ServiceMetrics {
    const key = placeOf(service, environment);
    const known = services.get(key) ?? createServiceMetrics(service, environment);
    services.set(key, known);
    return known;
  }

  function close(id: number): void {
    const s = streams.get(id);
    if (!s || !streams.delete(id)) return;
    s.of.count(s.kind, -1);
    families.leave(s.name.service, s.name.name);
  }

  return {
    streams,
    services,
    families,
    open(id, name, nowMs, detector = createSeriesDetector()) {
      const { service, environment } = name;
      if (!families.admit(service, name.name, isDeclared(service, environment), nowMs)) return undefined;
      const stream: MetricStream = {
        detector,
        past: noPast(),
        of: serviceOf(name),
        name,
        label: name.label,
        unit: name.unit,
        kind: classOf(name),
        heardMs: 0,
        settling: 0,
      };
      streams.set(id, stream);
      stream.of.count(stream.kind, 1);
      return stream;
    },
    close,
    letGo(key) {
      const of = services.get(key);
      services.delete(key);
      for (const [id, s] of streams) if (s.of === of) close(id);
    },
    forgetIdle(nowMs) {
      for (const [id, s] of streams) if (nowMs - s.heardMs > limits.idleMs) close(id);
      for (const [key, s] of services) if (s.streams === 0 && s.isIdle(nowMs - limits.idleMs)) services.delete(key);
    },
  };
}
