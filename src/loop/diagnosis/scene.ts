import type { AlertSignal, ChangeSignal } from "../signal/signal.ts";
import type { Service } from "../signal/service.ts";
import type { InstanceExit } from "../signal/observed-change.ts";
import type { TargetState } from "../signal/target-state.ts";
import type { FailedCalls } from "../detection/failed-calls.ts";
import type { Finding } from "../detection/finding.ts";
import type { MetricSeries } from "../detection/metric-series.ts";
import type { NotableLine } from "../detection/notable-line.ts";
import type { RedBucket } from "../detection/red.ts";
import type { Incident } from "../incident/incident.ts";
import type { RecentTraces } from "../keeping/sample-traces.ts";
import type { Topology } from "../incident/topology.ts";
import type { OperationsSeen } from "./operations-moved.ts";
import type { SceneMetrics } from "./scene-metrics.ts";
import type { Signature } from "./signatures/signature.ts";

/** Everything the ranking may look at, gathered once. Whatever is missing is absent, and is said so in the diagnosis. */
export interface Scene {
  readonly incident: Incident;
  readonly nowMs: number;
  readonly services: readonly Service[];
  readonly topology: Topology;
  /** Changes of the environment, told or observed, oldest first. */
  readonly changes: readonly ChangeSignal[];
  readonly exits: readonly InstanceExit[];
  readonly targets: Readonly<Record<string, TargetState>>;
  readonly knownGood: Readonly<Record<string, KnownGood>>;
  /** Buckets since a little before the incident, by series key. */
  readonly red: Readonly<Record<string, readonly RedBucket[]>>;
  /** Hypotheses already acted upon in this incident, which did not help: `<service>/<cause>`. */
  readonly tried: readonly string[];
  /** What metrics stores of others say; absent where no service declares any metric. */
  readonly metrics?: SceneMetrics;
  /** Known failure modes of the care repo and the shipped ones (D2). */
  readonly signatures?: readonly Signature[];
  /** Notable log lines lately, by service; a service without log is absent. */
  readonly logs?: Readonly<Record<string, readonly NotableLine[]>>;
  /** Metric streams Homeostat itself receives, by service. */
  readonly streams?: Readonly<Record<string, readonly MetricSeries[]>>;
  /** Whole traces of lately and the lines written meanwhile, by the care repo's names; absent where none are kept. */
  readonly recentTraces?: RecentTraces;
  /** Calls that failed lately, by status. */
  readonly failedCalls?: readonly FailedCalls[];
  /** What whole traces say of operations before and since the onset; a service without any is absent. */
  readonly operations?: readonly OperationsSeen[];
}

/** Last known-good state of a target (H4); absent members were never recorded. */
export interface KnownGood {
  readonly release?: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
}

/** Firing findings that speak of the service itself, not of its calls to others. */
export const ownFindings = (scene: Scene, service: string): Finding[] =>
  scene.incident.findings.filter((f) => f.state === "firing" && f.service === service && f.edge === undefined);

/** Firing findings of calls over an edge. */
export const edgeFindings = (scene: Scene, from: string, to: string): Finding[] =>
  scene.incident.findings.filter((f) => f.state === "firing" && f.edge?.from === from && f.edge.to === to);

/** Alerts that fire for the service: somebody else's eyes, by rules people wrote. */
export const ownAlerts = (scene: Scene, service: string): AlertSignal[] =>
  scene.incident.alerts.filter((a) => a.status === "firing" && a.service === service);

export const isHurt = (scene: Scene, service: string): boolean =>
  ownFindings(scene, service).length > 0 || ownAlerts(scene, service).length > 0;

/** Since when these are so is known to half a minute only: too coarse to tell what came first. */
const isBlurred = ({ dimension, direction }: Finding): boolean =>
  dimension === "structure" ||
  dimension === "metrics" ||
  dimension === "joint" ||
  (dimension === "logs" && direction === "absent");

/** Earliest onset of the service's own symptoms, by those that tell it sharply where there are any. */
export const onsetOf = (scene: Scene, service: string): number | undefined => {
  const own = ownFindings(scene, service);
  const sharp = own.filter((f) => !isBlurred(f));
  const since = [
    ...(sharp.length > 0 ? sharp : own).map((f) => f.sinceMs),
    ...ownAlerts(scene, service).map((a) => a.startsAtMs),
  ];
  return since.length > 0 ? Math.min(...since) : undefined;
};
