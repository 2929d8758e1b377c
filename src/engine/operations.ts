import type { Digest } from "../kernel/digest.ts";
import type { Result } from "../kernel/result.ts";
import type { KnownCall, KnownService } from "../loop/incident/compare-topology.ts";
import type { Incident } from "../loop/incident/incident.ts";
import type { Words } from "../loop/incident/topology-words.ts";
import type { Diagnosis } from "../loop/diagnosis/diagnosis.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { Decision, StopEntry, StopScope } from "../loop/decision/decision.ts";
import type { Run } from "../loop/run/run.ts";
import type { Verification } from "../loop/verification/verdict.ts";
import type { ApprovalRequest } from "../ports/store.ts";

/** An authenticated caller. `token` scopes: `ingest`, `read`, `operate`, `approve`. */
export interface Caller {
  readonly kind: "person" | "machine";
  readonly name: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

/** A refusal: denied, invalid, stale or not there. `message`: lower case, no full stop, then what to do. */
export interface Refusal {
  readonly code: "not-found" | "denied" | "invalid" | "stale" | "unavailable";
  readonly message: string;
  readonly reasons: readonly string[];
}

export interface IncidentView {
  readonly incident: Incident;
  readonly diagnosis: Diagnosis | null;
  readonly plans: readonly { readonly digest: Digest; readonly plan: Plan }[];
  readonly decisions: readonly Decision[];
  readonly runs: readonly (Run & { readonly verification?: Verification })[];
  readonly approvals: readonly ApprovalRequest[];
}

/** What would be done about an incident, without doing it (F5). `plan` is null when nothing credible or applicable was found, and `why` says so. */
export interface PlanPreview {
  readonly incidentId: string;
  readonly diagnosis: Diagnosis;
  readonly plan: Plan | null;
  readonly digest: Digest | null;
  readonly decision: Decision | null;
  readonly why: string;
}

/** One part of Homeostat: `degraded` still works in part; `failed` does not. `detail` names what is wrong. */
export interface ComponentStatus {
  readonly name: string;
  readonly state: "ok" | "degraded" | "failed";
  readonly detail: string;
}

/** An approval that is asked for, with what it is for: the runbook and where. */
export type OpenApproval = ApprovalRequest & {
  readonly plan?: { readonly runbook: string; readonly service: string; readonly environment: string };
};

export interface StatusReport {
  readonly state: "ok" | "degraded" | "failed";
  readonly version: string;
  readonly controller: string;
  readonly configCommit: string;
  readonly components: readonly ComponentStatus[];
  readonly stops: readonly StopEntry[];
  readonly liveIncidents: number;
  readonly openApprovals: readonly OpenApproval[];
  /** Counted drops, queue lengths, series: name to value. */
  readonly counters: Readonly<Record<string, number>>;
}

/** A stop that was set; `unknown`: nothing of that name is known, so it may be a slip of the pen. */
export type SetStop = StopEntry & { readonly unknown?: string };

/** Of which environment: absent, of all. `limit`: so many of each list at most. */
export interface TopologyQuery {
  readonly environment?: string;
  readonly limit: number;
}

/** The head of a list, and how many it has altogether. */
export interface Listed<T> {
  readonly total: number;
  readonly shown: readonly T[];
}

export interface EnvironmentTopology {
  readonly environment: string;
  readonly services: Listed<KnownService>;
  readonly calls: Listed<KnownCall>;
  /** Declared calls of which nobody can say whether they are made. */
  readonly callsUnknown: number;
  readonly differences: {
    readonly undeclaredCalls: Listed<Words & { readonly from: string; readonly to: string }>;
    readonly unseenCalls: Listed<Words & { readonly from: string; readonly to: string }>;
    readonly undeclaredServices: Listed<Words & { readonly service: string }>;
    readonly unheardServices: Listed<Words & { readonly service: string }>;
  };
}

export interface TopologyView {
  /** What was learned is as of now, of `withinMs` before, and of nothing before `sinceMs`, when this controller began to listen. */
  readonly nowMs: number;
  readonly sinceMs: number;
  readonly withinMs: number;
  readonly environments: readonly EnvironmentTopology[];
  /** How many environments there are beside these. */
  readonly environmentsLeftOut: number;
}

/** What people and machines may ask of a running Homeostat; the CLI, the API and the page all come through here. */
export interface Operations {
  status(): Promise<StatusReport>;
  incidents(filter: { readonly live?: boolean; readonly limit: number }): Promise<readonly Incident[]>;
  incident(id: string): Promise<IncidentView | undefined>;
  plan(incidentId: string): Promise<Result<PlanPreview, Refusal>>;
  /** Services and calls by environment, as declared and as learned, and where the two differ. */
  topology(query: TopologyQuery): Promise<Result<TopologyView, Refusal>>;
  /** `digest` may be shortened to a unique prefix of at least 12 hex digits. */
  answer(
    caller: Caller,
    digest: string,
    answer: "approve" | "deny",
    comment?: string,
  ): Promise<Result<ApprovalRequest, Refusal>>;
  stop(caller: Caller, scope: StopScope, reason: string): Promise<Result<SetStop, Refusal>>;
  resume(caller: Caller, scope: StopScope): Promise<Result<StopScope, Refusal>>;
  /** Closes an incident that ended or waits for people; `stale` while its heal still works. */
  close(caller: Caller, incidentId: string, reason: string): Promise<Result<Incident, Refusal>>;
  /** A new bearer token; its text is given once. Never wider than the caller's own: only scopes the caller has itself. */
  createToken(
    caller: Caller,
    wanted: { readonly name: string; readonly scopes: readonly string[]; readonly roles: readonly string[] },
  ): Promise<Result<{ readonly name: string; readonly token: string }, Refusal>>;
  /** The audit log's checkpoint that was signed last, a C2SP note; undefined before the first. */
  checkpoint(): Promise<string | undefined>;
  /** The whole audit log as JSON Lines, in the format of docs/audit-format.md. */
  exportAudit(): AsyncIterable<string>;
}
