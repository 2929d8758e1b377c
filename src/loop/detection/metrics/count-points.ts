import type { MetricSignal } from "../../signal/signal.ts";
import { createCrowd } from "../crowd.ts";
import type { Refusal } from "../series/series-clock.ts";
import type { PointRefusal } from "./metric-value.ts";

/** Why a point of a metric was not looked at. */
export type PointFault = PointRefusal | "future" | "not finite";

/** Points left out, by reason. */
export interface PointFaults {
  add(fault: PointFault, of: MetricSignal, nowMs: number): void;
  /** Metrics of which several senders count as one, since nothing tells them apart. */
  shared(nowMs: number): string[];
  stats(): Record<string, number>;
}

export function countPoints(): PointFaults {
  const counts: Record<PointFault, number> = { late: 0, duplicate: 0, shared: 0, future: 0, "not finite": 0 };
  const shared = createCrowd();
  return {
    add(fault, { service, name }, nowMs) {
      counts[fault]++;
      if (fault === "shared") shared.refuse(`${service}/${name}`, nowMs);
    },
    shared: (nowMs) => shared.worst(nowMs),
    stats: () => ({
      metricPointsLate: counts.late,
      metricPointsDuplicate: counts.duplicate,
      metricPointsShared: counts.shared,
      metricPointsFuture: counts.future,
      metricPointsNotFinite: counts["not finite"],
    }),
  };
}

/** What a series says of a point by another word. */
export const faultOf = (refusal: Refusal): PointFault =>
  refusal === "not a number" ? "not finite" : refusal === "not newer" ? "late" : "future";
