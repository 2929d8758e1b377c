// A calm scene that tests change one thing of: a rollback of cart in staging, two healthy instances, nothing else going on.
import type { Plan, PlanStep } from "../plan/plan.ts";
import type { Service } from "../signal/service.ts";
import type { Ask, PolicyAnswer } from "./ask.ts";
import type { DecisionFacts } from "./decision-facts.ts";
import { defaultRestraints } from "./restraints.ts";
import type { RunFact } from "./run-fact.ts";

/** Wednesday 2026-01-14, 12:00 UTC. */
export const noonMs = 1_768_392_000_000;

export const givenStep = (over: Partial<PlanStep> = {}): PlanStep => ({
  id: "restart/a",
  action: "process.restart",
  service: "cart",
  parameters: { instance: "a" },
  timeoutMs: 30_000,
  attemptsMax: 2,
  gates: [{ type: "health", successes: 2, instance: "a" }],
  undo: { irreversible: "a process cannot be un-restarted" },
  instances: ["a"],
  ...over,
});

export const givenPlan = (over: Partial<Plan> = {}): Plan => ({
  v: 1,
  incidentId: "inc-1",
  hypothesisId: "hyp-1",
  runbook: { name: "release-rollback", version: "1.0.0", digest: "sha256:00", risk: "medium", escalates: false },
  service: "cart",
  environment: "staging",
  confidence: 0.9,
  configCommit: "c0ffee",
  targetState: "sha256:01",
  preconditions: [],
  steps: [givenStep()],
  verify: { gates: [], withinMs: 60_000, bakeMs: 10_000, inconclusive: "hold" },
  expected: "errors go away",
  ...over,
});

export const givenService = (over: Partial<Service> = {}): Service => ({
  name: "cart",
  environment: "staging",
  owner: "shop-team",
  tier: 2,
  labels: { team: "shop" },
  dependsOn: [],
  telemetryName: "cart",
  emitsTelemetry: true,
  instances: ["a", "b"].map((name) => ({
    name,
    pidFile: `/run/${name}.pid`,
    stopTimeoutMs: 5_000,
    startTimeoutMs: 5_000,
  })),
  minHealthy: 1,
  config: [],
  synthetics: [],
  ...over,
});

export const givenFacts = (over: Partial<DecisionFacts> = {}): DecisionFacts => ({
  service: givenService(),
  confidenceMin: 0.6,
  history: [],
  liveIncidents: 1,
  runningRuns: 0,
  healthyInstances: ["a", "b"],
  stop: { known: true, entries: [] },
  restraints: defaultRestraints,
  telemetryKnown: true,
  approvalExpiresInMs: 3_600_000,
  ...over,
});

/** A run of the plan's runbook on the plan's service that ended `agoMs` before noon, after a minute. */
export const givenRun = (agoMs: number, over: Partial<RunFact> = {}): RunFact => ({
  runId: `run-${agoMs}`,
  incidentId: "inc-0",
  runbook: "release-rollback",
  service: "cart",
  environment: "staging",
  outcome: "succeeded",
  startedAtMs: noonMs - agoMs - 60_000,
  endedAtMs: noonMs - agoMs,
  ...over,
});

export const answer = (over: Partial<PolicyAnswer> = {}): PolicyAnswer => ({
  allowed: false,
  policies: [],
  annotations: {},
  errors: [],
  ...over,
});

/** Policies as a table: what is not in it is not permitted. */
export const askOf =
  (answers: Partial<Record<"act" | "act-with-approval" | "approve" | "operate", Partial<PolicyAnswer>>>): Ask =>
  ({ question }) =>
    answer(answers[question]);

export const permitsAct = askOf({ act: { allowed: true, policies: ["alone"] } });
export const permitsAsking = askOf({
  "act-with-approval": {
    allowed: true,
    policies: ["asks"],
    annotations: { quorum: "2", roles: "sre", expires: "30m" },
  },
});
