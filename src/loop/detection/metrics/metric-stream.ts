import { cutText } from "../../../kernel/cut-text.ts";
import type { MetricSignal } from "../../signal/signal.ts";
import type { MetricClass } from "./metric-class.ts";
import type { MetricPast } from "./metric-value.ts";
import type { ServiceMetrics } from "./service-metrics.ts";
import type { Settling } from "./settling.ts";

/** Whose numbers a stream has, and what people call it. */
export interface StreamName extends Pick<MetricSignal, "service" | "environment" | "name" | "unit"> {
  readonly label: string;
}

/** One numeric stream under watch. */
export interface MetricStream extends Settling {
  readonly name: StreamName;
  readonly past: MetricPast;
  readonly of: ServiceMetrics;
  readonly label: string;
  readonly unit: string;
  readonly kind: MetricClass;
  heardMs: number;
}

export const nameOf = (metric: MetricSignal): StreamName => {
  const { service, environment, name, unit } = metric;
  return { service, environment, name, unit, label: labelOf(metric) };
};

const labelMax = 200;
const labelOf = ({ name, instance, attributes }: MetricSignal): string => {
  const labels = Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
  return cutText([name, ...(instance === undefined ? [] : [instance]), ...labels.toSorted()].join(" "), labelMax);
};
