import type { MetricSeries } from "../signal/metric-series.ts";
import type { ServiceMetric } from "../signal/service.ts";

/** A declared metric of a service, with what its store said of the time around the onset. */
export interface SceneMetric {
  readonly service: string;
  readonly metric: ServiceMetric;
  readonly series: readonly MetricSeries[];
}

/** An instance that did not answer when it was last asked for its metrics. */
export interface InstanceDown {
  readonly service: string;
  readonly instance: string;
  readonly sinceMs: number;
  readonly why: string;
}

/** What metrics stores of others know of the services around an incident. */
export interface SceneMetrics {
  readonly metrics: readonly SceneMetric[];
  /** What was asked for and is not known, by name, and why (B7). */
  readonly missing: readonly string[];
  readonly down: readonly InstanceDown[];
}
