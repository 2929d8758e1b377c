import type { Finding } from "../../detection/finding.ts";
import type { AlertSignal, ChangeSignal } from "../../signal/signal.ts";
import type { InstanceExit } from "../../signal/observed-change.ts";
import type { TargetState } from "../../signal/target-state.ts";
import { calleesOf, callersOf } from "../../incident/topology.ts";
import { rolledOut } from "../state-theories.ts";
import { edgeFindings, isHurt, onsetOf, ownAlerts, ownFindings, type Scene } from "../scene.ts";
import type { FailedCalls } from "../../detection/failed-calls.ts";
import type { MetricSeries } from "../../detection/metric-series.ts";
import type { NotableLine } from "../../detection/notable-line.ts";

/** What is known of one service, as signatures look at it. What is absent could not be looked at, which is not the same as empty. */
export interface Observations {
  readonly service: string;
  readonly nowMs: number;
  readonly onsetMs: number;
  /** Absent: no log of it comes here. */
  readonly lines?: readonly NotableLine[];
  readonly alerts: readonly AlertSignal[];
  /** Ends by themselves. Absent: it has no declared target, so nobody looks whether it runs. */
  readonly exits?: readonly InstanceExit[];
  readonly target?: TargetState;
  /** Absent: no series of it is kept. */
  readonly metrics?: readonly MetricSeries[];
  readonly findings: Readonly<Record<"own" | "calls" | "callers", readonly Finding[]>>;
  readonly changes: readonly ChangeSignal[];
  /** Absent: no trace of it comes here. */
  readonly failedCalls?: Readonly<Record<"made" | "answered", readonly FailedCalls[]>>;
  readonly callees: readonly Callee[];
}

export interface Callee {
  readonly name: string;
  readonly hurt: boolean;
  /** An instance of it is down, or alive and silent. */
  readonly down: boolean;
}

/** Callees looked at (I11). */
const calleesMax = 50;

/** What a scene holds of one service. */
export function observe(scene: Scene, service: string): Observations {
  const callees = calleesOf(scene.topology, service).slice(0, calleesMax);
  const lines = linesOf(scene, service);
  const target = scene.targets[service];
  const metrics = scene.streams?.[service];
  const failed = scene.failedCalls;
  return {
    service,
    nowMs: scene.nowMs,
    onsetMs: onsetOf(scene, service) ?? scene.incident.sinceMs,
    ...(lines ? { lines } : {}),
    alerts: ownAlerts(scene, service),
    ...(target ? { target, exits: ownExits(scene, service) } : {}),
    ...(metrics ? { metrics } : {}),
    findings: {
      own: ownFindings(scene, service),
      calls: callees.flatMap((c) => edgeFindings(scene, service, c)),
      callers: callersOf(scene.topology, service)
        .slice(0, calleesMax)
        .flatMap((c) => edgeFindings(scene, c, service)),
    },
    changes: scene.changes.filter((c) => c.service === service),
    ...(failed
      ? {
          failedCalls: {
            made: failed.filter((f) => f.from === service),
            answered: failed.filter((f) => f.to === service),
          },
        }
      : {}),
    callees: callees.map((name) => ({
      name,
      hurt: isHurt(scene, name),
      down: (scene.targets[name]?.instances ?? []).some((i) => !i.alive || i.healthy === false),
    })),
  };
}

/** A roll-out ends instances too; those ends are no sign of anything. */
const ownExits = (scene: Scene, service: string): InstanceExit[] =>
  scene.exits.filter((e) => e.service === service && !rolledOut(scene, e));

/** Lines kept by whoever watches its log, and those that became findings, which every controller has. */
function linesOf(scene: Scene, service: string): NotableLine[] | undefined {
  const kept = scene.logs?.[service];
  const told = ownFindings(scene, service).filter((f) => f.dimension === "logs" && f.subject !== undefined);
  if (!kept && told.length === 0) return undefined;
  const fromFindings = told.map((f) => ({
    text: f.subject ?? "",
    severity: 17,
    count: Math.max(1, f.observed),
    firstMs: f.sinceMs,
    lastMs: f.atMs,
    finding: f.id,
  }));
  return [...fromFindings, ...(kept ?? [])];
}
