import type { MetricSignal } from "../../signal/signal.ts";
import { createFaults, type Faults } from "../faults.ts";
import type { Finding } from "../finding.ts";
import type { Signs } from "../joint/sign.ts";
import { timely } from "../timely.ts";
import { takePoint } from "../series/take-point.ts";
import { placeOf } from "../slo-watch.ts";
import type { LearnedPart } from "../learned/learned-part.ts";
import { countPoints, faultOf, type PointFault } from "./count-points.ts";
import { learnedMetrics } from "./learned-metrics.ts";
import { metricIdentity } from "./metric-identity.ts";
import { nameOf } from "./metric-stream.ts";
import { createMetricStreams, type MetricLimits } from "./metric-streams.ts";
import { metricValue } from "./metric-value.ts";
import { ordinary, settles } from "./settling.ts";

const usual: MetricLimits = {
  seriesMax: 100_000,
  perMetricMax: 1_000,
  perServiceMax: 20_000,
  reserved: 10_000,
  idleMs: 2 * 3_600_000,
};
const sweepMs = 60_000;
/** Metrics are sent once in this time at least. */
const freshMs = 120_000;

/**
 * Every numeric stream of OTLP metrics is watched by a detector of its own; what is unusual about several streams of a service at
 * once is a finding (B2). One stream never is: of a hundred thousand, some are always unusual. Costs about 2 µs a point.
 */
export interface MetricWatch extends Signs {
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
  const known = createMetricStreams(limits, isDeclared);
  const { streams, services, families } = known;
  const faults = countPoints();
  let sweptMs = -Infinity;

  /** Looks at a point, or says why not. */
  function judge(id: number, metric: MetricSignal, nowMs: number): PointFault | undefined {
    if (metric.timeMs > nowMs + timely.futureMs) return "future";
    if (metric.timeMs < nowMs - timely.pastMs) return "late";
    const stream = streams.get(id) ?? known.open(id, nameOf(metric), nowMs);
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
      const [work, forget] = [() => judge(id, metric, nowMs), () => known.close(id)];
      const fault = thrown.attempt("metrics", metric, nowMs, work, forget);
      if (fault !== undefined) faults.add(fault, metric, nowMs);
    },
    passOver(forMs) {
      for (const s of streams.values()) [s.heardMs, s.past.timeMs] = [s.heardMs + forMs, Number.NaN];
    },
    tick(nowMs) {
      if (nowMs - sweptMs >= sweepMs || nowMs < sweptMs) known.forgetIdle((sweptMs = nowMs));
      return [...services].flatMap(([key, s]) => {
        const [work, forget] = [() => s.tick(nowMs), () => known.letGo(key)];
        return thrown.attempt("metrics", s.place, nowMs, work, forget) ?? [];
      });
    },
    signs: (nowMs) =>
      new Map([...services].filter(([, s]) => s.isOdd()).map(([place, s]) => [place, () => s.signs(nowMs)])),
    isHeard: (service, environment, nowMs) =>
      (services.get(placeOf(service, environment))?.heardMs() ?? -Infinity) >= nowMs - freshMs,
    stats: () => ({
      metricSeries: streams.size,
      metricSeriesRefused: families.refused(),
      ...faults.stats(),
    }),
    crowded: (nowMs) => families.crowded(nowMs),
    shared: (nowMs) => faults.shared(nowMs),
    learned: learnedMetrics(streams, known.open, limits.idleMs),
  };
}
