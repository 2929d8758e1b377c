import { createCrowd } from "../crowd.ts";

/** Streams there may be at one time (I11). */
export interface FamilyLimits {
  readonly seriesMax: number;
  /** Streams of one metric of one service: what has more is told apart by something that is no dimension, such as a user's id. */
  readonly perMetricMax: number;
  /** Streams of one service, whatever their metrics are called. */
  readonly perServiceMax: number;
  /** Of all streams, those kept free for declared services. */
  readonly reserved: number;
}

/** How many streams each metric of each service has, and what was refused. */
export interface MetricFamilies {
  /** Makes room for one more stream, or counts a refusal. */
  admit(service: string, metric: string, isDeclared: boolean, nowMs: number): boolean;
  leave(service: string, metric: string): void;
  refused(): number;
  /** What was refused most, worst first: `checkout/http.requests: 120000 refused`. */
  crowded(nowMs: number): string[];
}

export function createMetricFamilies(limits: FamilyLimits): MetricFamilies {
  const services = new Map<string, { streams: number; readonly metrics: Map<string, number> }>();
  const crowd = createCrowd();
  let streams = 0;

  /** What has no room, by name; undefined when there is room. */
  function fullOf(service: string, metric: string, isDeclared: boolean): string | undefined {
    const of = services.get(service);
    if ((of?.metrics.get(metric) ?? 0) >= limits.perMetricMax) return `${service}/${metric}`;
    if ((of?.streams ?? 0) >= limits.perServiceMax) return `${service}/*`;
    if (streams < limits.seriesMax - (isDeclared ? 0 : limits.reserved)) return undefined;
    return of === undefined ? "metrics of further services" : `${service}/${metric}`;
  }

  return {
    admit(service, metric, isDeclared, nowMs) {
      const full = fullOf(service, metric, isDeclared);
      if (full !== undefined) {
        crowd.refuse(full, nowMs);
        return false;
      }
      const of = services.get(service) ?? { streams: 0, metrics: new Map<string, number>() };
      services.set(service, of);
      of.metrics.set(metric, (of.metrics.get(metric) ?? 0) + 1);
      of.streams++;
      streams++;
      return true;
    },
    leave(service, metric) {
      const of = services.get(service);
      if (!of) return;
      const left = (of.metrics.get(metric) ?? 0) - 1;
      if (left > 0) of.metrics.set(metric, left);
      else of.metrics.delete(metric);
      if (--of.streams === 0) services.delete(service);
      streams--;
    },
    refused: () => crowd.total(),
    crowded: (nowMs) => crowd.worst(nowMs),
  };
}
