import type { CredentialRef } from "./credential-ref.ts";

/** How much a service matters: 1 is mission-critical, 4 is nobody would notice today (C6). */
export type Tier = 1 | 2 | 3 | 4;

/** A process Homeostat may look at and restart: something else (systemd, a supervisor) starts it again when it exits. */
export interface InstanceTarget {
  readonly name: string;
  /** Holds the process id as text; written by whoever starts the process. */
  readonly pidFile: string;
  /** Answers 2xx when the instance is well. */
  readonly healthUrl?: string;
  /** SIGTERM, then SIGKILL after this long. */
  readonly stopTimeoutMs: number;
  /** How long a new life may take until it is healthy. */
  readonly startTimeoutMs: number;
  /** A directory declared disposable: a restart may move it aside, never delete it. */
  readonly scratch?: string;
}

/** Releases as directories, and a `current` link that says which one runs. */
export interface ReleaseTarget {
  readonly directory: string;
  readonly link: string;
  /** File in each release directory; JSON `{"compatible": boolean}` says whether going back to it is allowed. */
  readonly manifest: string;
}

export interface ConfigTarget {
  readonly name: string;
  readonly file: string;
}

/** A flag file in flagd's format. `flags` names the ones Homeostat may turn; empty means none. */
export interface FlagTarget {
  readonly file: string;
  readonly flags: readonly string[];
}

/** A request that shows the service does its work, safe to send at any time. */
export interface SyntheticTransaction {
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: string;
  readonly expectStatus: number;
  readonly maxMs: number;
}

/** An HTTP request runbooks may send, exactly as written here and nowhere else. */
export interface HttpEndpoint {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  /** `true` when the other side honours an `Idempotency-Key` header: only then may a request be repeated. */
  readonly honoursKey: boolean;
}

/** Which way a metric tells that something is wrong. */
export type Worse = "higher" | "lower" | "both";

/** A metric of a service in a metrics store that others fill: evidence, and nothing is detected by it. */
export interface ServiceMetric {
  readonly name: string;
  /** PromQL, filled: there is no template left in it. */
  readonly query: string;
  readonly unit: string;
  readonly direction: Worse;
  readonly dimension: "latency" | "errors" | "traffic" | "saturation" | "queue" | "dependency";
}

/** Where one instance exposes its metrics in Prometheus' text format. */
export interface ScrapeTarget {
  readonly instance: string;
  readonly url: string;
}

/** How Homeostat asks a service for metrics by itself, where no server does. */
export interface Scrape {
  readonly targets: readonly ScrapeTarget[];
  readonly intervalMs: number;
  readonly auth?: CredentialRef;
}

/** What the care repo declares of one service in one environment. `name` is unique in a care repo. */
export interface Service {
  readonly name: string;
  readonly environment: string;
  readonly owner: string;
  readonly tier: Tier;
  readonly labels: Readonly<Record<string, string>>;
  readonly dependsOn: readonly string[];
  /** `service.name` in telemetry and `service` label in alerts; the declared name unless told otherwise. */
  readonly telemetryName: string;
  /** `false` for what sends no telemetry of its own, a database say: then its silence is no finding. */
  readonly emitsTelemetry: boolean;
  readonly instances: readonly InstanceTarget[];
  /** Instances that must stay healthy while others are worked on (E3). */
  readonly minHealthy: number;
  readonly release?: ReleaseTarget;
  readonly config: readonly ConfigTarget[];
  readonly flags?: FlagTarget;
  readonly synthetics: readonly SyntheticTransaction[];
  readonly endpoints?: readonly HttpEndpoint[];
  readonly metrics?: readonly ServiceMetric[];
  readonly scrape?: Scrape;
}

/** Whether there is anything of it that can be looked at on its target. */
export const hasTarget = (s: Service): boolean =>
  s.instances.length > 0 || s.config.length > 0 || s.release !== undefined || s.flags !== undefined;

export const declaredEdges = (services: readonly Service[]): { readonly from: string; readonly to: string }[] =>
  services.flatMap((s) => s.dependsOn.map((to) => ({ from: s.name, to })));
