import type { IncidentView } from "../../src/engine/operations.ts";
import type { Plan } from "../../src/loop/plan/plan.ts";
import type { Compared } from "./ledger.ts";
import type { Draw } from "../shop/draw.ts";

/** The one JSON document of a scenario. `null` for what did not happen; times in ms since the fault. */
export interface Report {
  readonly ledger: Compared;
  readonly scenario: string;
  readonly seed: number;
  readonly outcome: Outcome;
  readonly right: boolean;
  readonly why: string;
  readonly incident: { readonly id: string; readonly services: readonly string[]; readonly severity: number } | null;
  readonly diagnosis: {
    readonly cause: string | null;
    readonly hypotheses: readonly ToldHypothesis[];
  } | null;
  readonly plan: {
    readonly digest: string;
    readonly runbook: string;
    readonly version: string;
    readonly service: string;
    readonly steps: readonly string[];
  } | null;
  readonly decision: { readonly effect: string; readonly reasons: readonly string[] } | null;
  readonly run: {
    readonly id: string;
    readonly state: string;
    readonly acts: number;
    readonly attempts: number;
  } | null;
  readonly verification: { readonly verdict: string; readonly gates: readonly string[] } | null;
  readonly timings: { readonly faultAt: string; readonly mttdMs: number | null; readonly mttrMs: number | null };
  readonly audit: { readonly size: number; readonly root: string; readonly verified: boolean };
}

/** A hypothesis as it is told: what speaks for it and what against, the strongest first. */
interface ToldHypothesis {
  readonly service: string;
  readonly cause: string;
  readonly confidence: number;
  readonly for: readonly string[];
  readonly against: readonly string[];
}

export type Outcome = "healed" | "awaiting-approval" | "stood-down" | "escalated" | "observed" | "unfinished";

export interface Facts {
  readonly drawn: Draw;
  readonly faultAtMs: number;
  readonly outcome: Outcome;
  readonly view: IncidentView | null;
  readonly audit: Report["audit"];
}

/** What was seen, in the report's shape; not yet judged. */
export function reportOf({ drawn, faultAtMs, outcome, view, audit }: Facts): Omit<Report, "right" | "why" | "ledger"> {
  const head = { scenario: drawn.scenario, seed: drawn.seed, outcome };
  const faultAt = new Date(faultAtMs).toISOString();
  const nothing = { incident: null, diagnosis: null, plan: null, decision: null, run: null, verification: null };
  if (!view) return { ...head, ...nothing, timings: { faultAt, mttdMs: null, mttrMs: null }, audit };
  const { incident } = view;
  const mttrMs = outcome === "healed" && incident.endedAtMs !== undefined ? incident.endedAtMs - faultAtMs : null;
  return {
    ...head,
    incident: { id: incident.id, services: incident.services, severity: incident.severity },
    ...toldDecision(view),
    ...toldRun(view),
    timings: { faultAt, mttdMs: incident.openedAtMs - faultAtMs, mttrMs },
    audit,
  };
}

/** The diagnosis, and the plan and decision of the last run, or the last ones made when nothing ran. */
function toldDecision(view: IncidentView): Pick<Report, "diagnosis" | "plan" | "decision"> {
  const digest = view.runs.at(-1)?.planDigest ?? view.decisions.at(-1)?.planDigest;
  const plan = view.plans.find((p) => p.digest === digest)?.plan;
  const decision = view.decisions.findLast((d) => d.planDigest === digest);
  const hypotheses = (view.diagnosis?.hypotheses ?? []).map(toldHypothesis);
  return {
    diagnosis: view.diagnosis && { cause: causeOf(view, plan), hypotheses },
    plan: plan && digest ? toldPlan(plan, digest) : null,
    decision: decision
      ? { effect: decision.effect, reasons: decision.reasons.map((r) => `${r.name}: ${r.text}`) }
      : null,
  };
}

const toldPlan = ({ runbook, service, steps }: Plan, digest: string): NonNullable<Report["plan"]> => ({
  digest,
  runbook: runbook.name,
  version: runbook.version,
  service,
  steps: steps.map((s) => `${s.id}: ${s.action} ${JSON.stringify(s.parameters)}`),
});

function toldRun(view: IncidentView): Pick<Report, "run" | "verification"> {
  const run = view.runs.at(-1);
  if (!run) return { run: null, verification: null };
  const { verification } = run;
  const gates = (verification?.gates ?? []).map((g) => `${g.gate}: ${g.verdict}, ${g.text}`);
  return {
    run: { id: run.id, state: run.state, acts: run.outcomes.length, attempts: view.runs.length },
    verification: verification ? { verdict: verification.verdict, gates } : null,
  };
}

/** The service held responsible: the one planned for, else the one believed in most; nobody when only telemetry was lost. */
function causeOf(view: IncidentView, plan: Plan | undefined): string | null {
  const hypotheses = view.diagnosis?.hypotheses ?? [];
  const believed = hypotheses.find((h) => h.id === plan?.hypothesisId) ?? hypotheses[0];
  if (believed?.cause === "telemetry-loss") return null;
  return plan?.service ?? believed?.service ?? null;
}

type Hypothesis = NonNullable<IncidentView["diagnosis"]>["hypotheses"][number];

const toldHypothesis = (h: Hypothesis): ToldHypothesis => ({
  service: h.service,
  cause: h.cause,
  confidence: h.confidence,
  for: h.evidenceFor.map((e) => e.text),
  against: h.evidenceAgainst.map((e) => e.text),
});
