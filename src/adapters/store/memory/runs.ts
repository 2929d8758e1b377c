import { digestOf, type Digest } from "../../../kernel/digest.ts";
import type { Decision } from "../../../loop/decision/decision.ts";
import type { RunFact } from "../../../loop/decision/run-fact.ts";
import type { Diagnosis } from "../../../loop/diagnosis/diagnosis.ts";
import type { Plan } from "../../../loop/plan/plan.ts";
import { runOutcome } from "../../../loop/run/run-outcome.ts";
import type { Run, RunState, StepIntent, StepOutcome } from "../../../loop/run/run.ts";
import type { Verification } from "../../../loop/verification/verdict.ts";
import type { RunStore } from "../../../ports/store.ts";
import { keep } from "./keep.ts";

interface KeptRun {
  readonly id: string;
  readonly incidentId: string;
  readonly planDigest: Digest;
  readonly startedAtMs: number;
  state: RunState;
  endedAtMs?: number;
  verification?: Verification;
}
type Act = { readonly runId: string; readonly intent: StepIntent; outcome?: StepOutcome };

const perIncidentMax = 200;
const historyMax = 5_000;
export function memoryRuns(): RunStore {
  const diagnoses = new Map<string, Diagnosis>();
  const plans = new Map<string, Plan>();
  const decisions = new Map<string, Decision[]>();
  const runs = new Map<string, KeptRun>();
  const acts = new Map<string, Act>();
  return {
    saveDiagnosis: async (diagnosis) => void diagnoses.set(diagnosis.incidentId, keep(diagnosis)),
    latestDiagnosis: async (incidentId) => diagnoses.get(incidentId),
    async savePlan(digest, plan) {
      if (!plans.has(digest)) plans.set(digest, keep(plan));
    },
    plan: async (digest) => plans.get(digest),
    async saveDecision(incidentId, decision) {
      decisions.set(incidentId, [...(decisions.get(incidentId) ?? []), keep(decision)].slice(-perIncidentMax));
    },
    decisions: async (incidentId) => [...(decisions.get(incidentId) ?? [])],
    async startRun({ id, incidentId, planDigest, startedAtMs, state }) {
      if (!runs.has(id)) runs.set(id, { id, incidentId, planDigest, startedAtMs, state });
    },
    async intend(runId, intent) {
      const known = acts.get(intent.key);
      if (known) return known.runId === runId && digestOf(known.intent) === digestOf(intent);
      acts.set(intent.key, { runId, intent: keep(intent) });
      return true;
    },
    async complete(runId, outcome) {
      const act = acts.get(outcome.key);
      if (act?.runId === runId) act.outcome = keep(outcome);
    },
    async setState(id, state, atMs) {
      const run = runs.get(id);
      if (!run) return;
      run.state = state;
      if (runOutcome(state) === "running") delete run.endedAtMs;
      else run.endedAtMs = atMs;
    },
    async saveVerification(id, verification) {
      const run = runs.get(id);
      if (run) run.verification = keep(verification);
    },
    async run(id) {
      const run = runs.get(id);
      return run && whole(run, acts);
    },
    async runsOf(incidentId) {
      const found = [...runs.values()].filter((run) => run.incidentId === incidentId).toSorted(byStart);
      return found.slice(0, perIncidentMax).map((run) => whole(run, acts));
    },
    async history(sinceMs) {
      const recent = [...runs.values()].filter((run) => run.startedAtMs >= sinceMs || run.endedAtMs === undefined);
      return recent
        .toSorted((a, b) => byStart(b, a))
        .slice(0, historyMax)
        .flatMap((run) => factOf(run, plans.get(run.planDigest)))
        .toReversed();
    },
  };
}

const byStart = (a: KeptRun, b: KeptRun): number => a.startedAtMs - b.startedAtMs || (a.id < b.id ? -1 : 1);

function whole(run: KeptRun, acts: ReadonlyMap<string, Act>): Run & { verification?: Verification } {
  const mine = [...acts.values()].filter((act) => act.runId === run.id);
  return {
    ...run,
    intents: mine.map((act) => act.intent),
    outcomes: mine.flatMap((act) => act.outcome ?? []),
  };
}

function factOf(run: KeptRun, plan: Plan | undefined): RunFact[] {
  if (!plan) return [];
  const { id: runId, incidentId, startedAtMs, endedAtMs } = run;
  const { runbook, service, environment } = plan;
  const outcome = runOutcome(run.state);
  const ended = endedAtMs === undefined ? {} : { endedAtMs };
  return [{ runId, incidentId, runbook: runbook.name, service, environment, outcome, startedAtMs, ...ended }];
}
