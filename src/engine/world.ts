import type { Digest } from "../kernel/digest.ts";
import type { AuditRecord } from "../loop/audit/record.ts";
import type { Scene } from "../loop/diagnosis/scene.ts";
import type { HeardService } from "../loop/detection/absence.ts";
import type { StopState } from "../loop/decision/decision.ts";
import type { InstanceDown } from "../loop/diagnosis/scene-metrics.ts";
import type { RecentTraces } from "../loop/keeping/sample-traces.ts";
import type { InstanceExit } from "../loop/signal/observed-change.ts";
import type { TargetState } from "../loop/signal/target-state.ts";
import type { Actuator } from "../ports/actuator.ts";
import { observeTarget } from "../ports/observe-target.ts";
import type { Checker } from "../ports/checker.ts";
import type { Clock } from "../ports/clock.ts";
import type { ActiveConfig } from "../ports/config.ts";
import type { DurableEngine } from "../ports/durable.ts";
import type { EvidenceSource } from "../ports/evidence.ts";
import type { Notification } from "../ports/notifier.ts";
import type { Lease, Store } from "../ports/store.ts";
import type { TelemetryReader } from "../ports/telemetry.ts";
import type { TraceReader } from "../ports/traces.ts";
import type { IncidentView } from "./operations.ts";

/** Everything the engine's stories need of the outside, wired by the app. The stories know no vendor. */
export interface World {
  readonly store: Store;
  readonly durable: DurableEngine;
  readonly clock: Clock;
  readonly telemetry: TelemetryReader;
  /** What this controller learned from whole traces, by the care repo's names. Absent: nothing is known of them. */
  readonly traces?: TraceReader;
  readonly checker: Checker;
  /** The metrics store that knows an environment; undefined where none is named. */
  evidence(environment: string): EvidenceSource | undefined;
  /** Instances that did not answer when they were last asked for their metrics, as far as this controller knows. */
  down?(): readonly InstanceDown[];
  readonly actuators: readonly Actuator[];
  /** The care repo that is active now. */
  config(): ActiveConfig;
  /** The stop state from the store and the stop file together; `known: false` when either cannot be read (I8). */
  stops(): Promise<StopState>;
  /** Appends audit records, redacted, each key once. */
  record(...records: readonly Omit<AuditRecord, "v">[]): Promise<void>;
  /** Tells people. Delivery is retried outside; the id deduplicates. */
  tell(notification: Notification): Promise<void>;
  /** This controller: its id, and whether its lease is still its own by the database's clock. */
  readonly controller: {
    readonly id: string;
    current(): Promise<boolean>;
    /** Aborts when it could not renew its lease for so long that another may take over. */
    lost?(): AbortSignal;
  };
  /** Told when an incident ended, perhaps more than once: for Homeostat's own telemetry. Never waits and never throws. */
  ended?(view: IncidentView): void;
  /** Takes or renews the one-writer lease of a target for a run (I4). Undefined when another holds it. */
  holdTarget(target: string, runId: string): Promise<Lease | undefined>;
  releaseTarget(target: string, runId: string): Promise<void>;
  /** Notable log lines, metrics and failed calls that this controller was told of lately, by the care repo's names. Absent: none are kept. */
  notable?(environment: string, services: readonly string[]): Notable;
  /** Whole traces that this controller was told of lately, and lines, by the care repo's names. Absent: none are kept. */
  recentTraces?(environment: string, services: readonly string[], fromMs: number): RecentTraces;
  /** Services that this controller was sent telemetry of, by the care repo's names. Absent: it is sent none. */
  heard?(): Heard;
  /** Exits of instances seen lately by looking. */
  exits(): readonly InstanceExit[];
  /** A real pause; only for retrying a lost database, never for the story's time. */
  pause(ms: number): Promise<void>;
}

/** What a scene holds beside findings of what services said themselves. */
export type Notable = Pick<Scene, "logs" | "streams" | "failedCalls">;

export interface Heard {
  /** Since when it listens: of before nothing is known. */
  readonly sinceMs: number;
  readonly services: readonly HeardService[];
}

export const targetName = (environment: string, service: string): string => `target/${environment}/${service}`;

/** What a run's parts need to know of it. */
export interface RunContext {
  readonly incidentId: string;
  readonly runId: string;
  readonly planDigest: Digest;
  readonly decisionDigest: Digest;
}

/** A target as all actuators together see it. */
export const lookAt = (world: World, service: string): Promise<TargetState> =>
  observeTarget(world.actuators, service, world.clock.nowMs());
