import type { MetricSignal } from "../../signal/signal.ts";
import { createFaults, type Faults } from "../faults.ts";
import type { Finding } from "../finding.ts";
import { timely } from "../timely.ts";
import { createSeriesDetector } from "../series/series-detector.ts";
import { takePoint } from "../series/take-point.ts";
import type { LearnedPart } from "../learned/learned-part.ts";
import { countPoints, faultOf, type PointFault } from "./count-points.ts";
import { classOf } from "./metric-class.ts";
import { learnedMetrics } from "./learned-metrics.ts";
import { createMetricFamilies, type FamilyLimits } from "./metric-families.ts";
import { metricIdentity } from "./metric-identity.ts";
import { nameOf, type MetricStream, type StreamName } from "./metric-stream.ts";
import { metricValue, noPast } from "./metric-value.ts";
import { createServiceMetrics, type ServiceMetrics } from "./service-metrics.ts";
import { ordinary, settles } from "./settling.ts";

/** What is watched at one time (I11). */
export interface MetricLimits extends FamilyLimits {
  /** A stream that was silent for so long is forgotten. */
  readonly idleMs: number;
}

const usual: MetricLimits = {
  seriesMax: 100_000,
  perMetricMax: 1_000,
  perServiceMax: 20_000,
  reserved: 10_000,
  idleMs: 2 * 3_600_000,
};
const sweepMs = 60_000;

/**
 * Every numeric stream of OTLP metrics is watched by a detector of its own; what is unusual about several streams of a service at
 * once is a finding (B2). One stream never is: of a hundred thousand, some are always unusual. Costs about 2 µs a point.
 */
export interface MetricWatch {
  take(metric: MetricSignal, nowMs: number): void;
  /** Findings that fired, go on, or cleared. */
  tick(nowMs: number): Finding[];
  /**
   * The clock was set, or nobody looked for `forMs`: what counters added since their last point belongs to no time in particular, and
   * nothing was idle meanwhile.
   */
  passOver(forMs: number): void;
  /** Streams, and points that were not looked at, by reason. */
  stats(): Record<string, number>;
  /** The metrics with most points refused, worst first: `checkout/http.requests: 120000 refused`. */
  crowded(nowMs: number): string[];
  /** As of `PointFaults`. */
  shared(nowMs: number): string[];
  readonly learned: LearnedPart;
}

/** `isDeclared`: services of the care repo, which have room also where others have taken all of theirs. */
export function createMetricWatch(
  given: Partial<MetricLimits> = {},
  isDeclared: (service: string, environment: string) => boolean = () => false,
  thrown: Faults = createFaults(),
): MetricWatch {
  const limits = { ...usual, ...given };
  const streams = new Map<number, MetricStream>();
  const services = new Map<string, ServiceMetrics>();
  const families = createMetricFamilies(limits);
  const faults = countPoints();
  let sweptMs = -Infinity;

  function open(
    id: number,
    name: StreamName,
    nowMs: number,
    detector = createSeriesDetector(),
  ): MetricStream | undefined {
    const { service, environment } = name;
    if (!families.admit(service, name.name, isDeclared(service, environment), nowMs)) return undefined;
    const stream = {
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
    stream.of.streams++;
    return stream;
  }

  function serviceOf({ service, environment }: StreamName): ServiceMetrics {
    const key = JSON.stringify([environment, service]);
    const known = services.get(key) ?? createServiceMetrics(service, environment);
    services.set(key, known);
    return known;
  }

  function close(id: number, s: MetricStream | undefined): void {
    if (!s || !streams.delete(id)) return;
    s.of.streams--;
    families.leave(s.name.service, s.name.name);
  }

  /** All about a service. */
  function letGo(key: string, service: ServiceMetrics): void {
    services.delete(key);
    for (const [id, s] of streams) if (s.of === service) close(id, s);
  }

  function sweep(nowMs: number): void {
    sweptMs = nowMs;
    for (const [id, s] of streams) if (nowMs - s.heardMs > limits.idleMs) close(id, s);
    for (const [key, s] of services) if (s.streams === 0 && s.isIdle(nowMs - limits.idleMs)) services.delete(key);
  }

  /** Looks at a point, or says why not. */
  function judge(id: number, metric: MetricSignal, nowMs: number): PointFault | undefined {
    if (metric.timeMs > nowMs + timely.futureMs) return "future";
    if (metric.timeMs < nowMs - timely.pastMs) return "late";
    const stream = streams.get(id) ?? open(id, nameOf(metric), nowMs);
    if (!stream) return undefined;
    stream.heardMs = nowMs;
    const value = metricValue(metric, stream.past);
    if (typeof value !== "number") return value;
    const { lastMs } = stream.detector.clock;
    const judged = takePoint(stream.detector, metric.timeMs, value);
    if (judged.refused) return faultOf(judged.refused);
    stream.of.take(settles(stream, lastMs, metric.timeMs) ? ordinary : judged, stream, metric.timeMs, nowMs);
    return undefined;
  }

  return {
    take(metric, nowMs) {
      const id = metricIdentity(metric);
      const [work, forget] = [() => judge(id, metric, nowMs), () => close(id, streams.get(id))];
      const fault = thrown.attempt("metrics", metric, nowMs, work, forget);
      if (fault !== undefined) faults.add(fault, metric, nowMs);
    },
    passOver(forMs) {
      for (const s of streams.values()) [s.heardMs, s.past.timeMs] = [s.heardMs + forMs, Number.NaN];
    },
    tick(nowMs) {
      if (nowMs - sweptMs >= sweepMs || nowMs < sweptMs) sweep(nowMs);
      return [...services].flatMap(([key, s]) => {
        const [work, forget] = [() => s.tick(nowMs), () => letGo(key, s)];
        return thrown.attempt("metrics", s.place, nowMs, work, forget) ?? [];
      });
    },
    stats: () => ({
      metricSeries: streams.size,
      metricSeriesRefused: families.refused(),
      ...faults.stats(),
    }),
    crowded: (nowMs) => families.crowded(nowMs),
    shared: (nowMs) => faults.shared(nowMs),
    learned: learnedMetrics(streams, open, limits.idleMs),
  };
}
