import { canonicalJson } from "../../kernel/canonical-json.ts";
import { digestOf, sha256Hex, type Digest } from "../../kernel/digest.ts";
import type { AuditRecord } from "../../loop/audit/record.ts";
import type { ApprovalAnswer, Decision } from "../../loop/decision/decision.ts";
import { durationBoundsMs, type RedBucket } from "../../loop/detection/red.ts";
import type { Incident } from "../../loop/incident/incident.ts";
import type { Plan } from "../../loop/plan/plan.ts";
import type { Run, StepIntent, StepOutcome } from "../../loop/run/run.ts";
import type { AlertSignal, ChangeSignal } from "../../loop/signal/signal.ts";
import type { ApprovalRequest } from "../store.ts";

let count = 0;
/** Names are new in every test, so that tests share one store as controllers share one database. */
export const fresh = (what: string): string => `${what}-${process.pid}-${++count}`;

export const sampleIncident = (over: Partial<Incident> = {}): Incident => ({
  id: fresh("inc"),
  environment: "prod",
  state: "open",
  severity: 2,
  services: ["cart"],
  openedAtMs: 1_000,
  sinceMs: 900,
  updatedAtMs: 1_000,
  findings: [],
  alerts: [],
  changes: [],
  timeline: [{ atMs: 1_000, kind: "state", actor: { kind: "homeostat", name: "homeostat" }, text: "open" }],
  traceId: "0".repeat(32),
  ...over,
});

export const alert = (over: Partial<AlertSignal> = {}): AlertSignal => ({
  kind: "alert",
  fingerprint: "f",
  name: "Errors",
  status: "firing",
  service: "cart",
  environment: "prod",
  severity: "page",
  labels: {},
  annotations: {},
  startsAtMs: 5,
  ...over,
});
export const change = (over: Partial<ChangeSignal> = {}): ChangeSignal => ({
  kind: "change",
  id: "c",
  change: "release",
  service: "cart",
  environment: "prod",
  timeMs: 5,
  source: "event",
  ...over,
});

export const samplePlan = (over: Partial<Plan> = {}): Plan => ({
  v: 1,
  incidentId: fresh("inc"),
  hypothesisId: "h",
  runbook: { name: "release-rollback", version: "1", digest: digestOf("runbook"), risk: "medium", escalates: false },
  service: "cart",
  environment: "prod",
  confidence: 0.8,
  configCommit: "abc",
  targetState: digestOf("target"),
  preconditions: [],
  steps: [],
  verify: { gates: [], withinMs: 1, bakeMs: 1, inconclusive: "hold" },
  expected: "fewer errors",
  ...over,
});
export const sampleRun = (over: Partial<Run> = {}): Run => ({
  id: fresh("run"),
  incidentId: fresh("inc"),
  planDigest: digestOf("plan"),
  state: "acting",
  intents: [],
  outcomes: [],
  startedAtMs: 10,
  ...over,
});
export const intentOf = (runId: string, step: string, over: Partial<StepIntent> = {}): StepIntent => ({
  key: `${runId}/${step}`,
  action: "release.switch",
  service: "cart",
  parameters: { to: "v1" },
  before: { release: "v2" },
  planDigest: digestOf("plan"),
  decisionDigest: digestOf("decision"),
  configCommit: "abc",
  fencingToken: 3,
  atMs: 11,
  ...over,
});
export const outcomeOf = (runId: string, step: string, over: Partial<StepOutcome> = {}): StepOutcome => ({
  key: `${runId}/${step}`,
  effect: "applied",
  detail: "done",
  attempts: 1,
  atMs: 12,
  ...over,
});
export const decisionAt = (atMs: number): Decision => ({
  effect: "deny",
  planDigest: digestOf("plan"),
  configCommit: "abc",
  reasons: [{ source: "policy", name: "p", text: "no" }],
  errors: [],
  atMs,
});

export const requestFor = (over: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
  planDigest: digestOf(fresh("plan")),
  incidentId: "inc",
  runId: "run-a",
  wanted: { quorum: 2, roles: [], expiresInMs: 100 },
  requestedAtMs: 0,
  expiresAtMs: 100,
  state: "open",
  answers: [],
  ...over,
});
export const answerOf = (
  planDigest: Digest,
  by: string,
  answer: ApprovalAnswer["answer"] = "approve",
  atMs = 1,
): ApprovalAnswer => ({ answer, planDigest, by, roles: ["sre"], atMs });

export const sampleLeaf = (
  key: string,
  body: AuditRecord["body"] = {},
): { record: AuditRecord; canonical: string; leafHash: string } => {
  const record: AuditRecord = {
    v: 1,
    key,
    type: "incident.opened",
    atMs: 1,
    actor: { kind: "homeostat", name: "homeostat" },
    subject: "inc",
    configCommit: "abc",
    body,
  };
  const canonical = canonicalJson(record);
  return { record, canonical, leafHash: sha256Hex(canonical) };
};

export const bucket = (series: string, startMs: number, counts: number): RedBucket => ({
  series,
  startMs,
  count: counts,
  errors: 1,
  ownErrors: 1,
  durationSumMs: counts * 1.5,
  durations: durationBoundsMs.map(() => 0).concat(counts),
});

export const token = (over: object = {}) => ({
  sha256: sha256Hex(fresh("token")),
  name: "ann",
  scopes: ["read"],
  roles: ["sre"],
  singleUse: false,
  ...over,
});

export const item = (id: string, signal: AlertSignal | ChangeSignal = alert()) => ({ id, signal, receivedAtMs: 7 });
