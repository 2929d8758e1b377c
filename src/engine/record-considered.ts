import { digestOf } from "../kernel/digest.ts";
import type { Considered } from "./consider.ts";
import { top } from "./gather.ts";
import { tellStory } from "./incident-story.ts";
import type { World } from "./world.ts";

/** What a person would call the same look: causes, services, and what follows from them, without the figures that move with time. */
export function essenceOf({ diagnosis, plan, decision, why }: Considered): string {
  const hypotheses = diagnosis.hypotheses.slice(0, 3).map(({ cause, service }) => ({ cause, service }));
  const runbook = plan?.runbook.name ?? null;
  return short({ hypotheses, runbook, effect: decision?.effect ?? null, why: why.replaceAll(/\d+/g, "0") });
}

/**
 * Writes what was considered into store, timeline and audit log: I1 needs it before any effect. Keys name the content: a
 * look that is repeated after a crash may come to another decision, and it is that one which must be on record.
 */
export async function recordConsidered(
  world: World,
  incidentId: string,
  name: string,
  considered: Considered,
): Promise<void> {
  const { diagnosis, plan, decision, why } = considered;
  await world.store.runs.saveDiagnosis(diagnosis);
  await tellStory(world, incidentId, {
    atMs: diagnosis.atMs,
    kind: "hypothesis",
    text: top(diagnosis),
    key: `${name}/diagnosis/${short(diagnosis)}`,
    type: "diagnosis.made",
    body: {
      inputs: diagnosis.inputs,
      missing: [...diagnosis.missing],
      hypotheses: diagnosis.hypotheses
        .slice(0, 3)
        .map((h) => ({ id: h.id, cause: h.cause, service: h.service, confidence: h.confidence })),
    },
  });
  if (!plan || !decision) {
    await tellStory(world, incidentId, {
      atMs: diagnosis.atMs,
      kind: "note",
      text: `no plan: ${why}`,
      key: `${name}/no-plan/${short(diagnosis)}`,
      type: "plan.proposed",
      body: { plan: null, why },
    });
    return;
  }
  const digest = digestOf(plan);
  await world.store.runs.savePlan(digest, plan);
  await world.store.runs.saveDecision(incidentId, decision);
  await tellStory(world, incidentId, {
    atMs: diagnosis.atMs,
    kind: "note",
    text: `plan ${digest.slice(7, 19)}: ${plan.runbook.name} ${plan.runbook.version} on ${plan.service}`,
    key: `${name}/plan/${digest.slice(7, 19)}`,
    type: "plan.proposed",
    body: {
      digest,
      runbook: plan.runbook.name,
      version: plan.runbook.version,
      service: plan.service,
      steps: plan.steps.map((s) => s.id),
      confidence: plan.confidence,
    },
  });
  await tellStory(world, incidentId, {
    atMs: decision.atMs,
    kind: "decision",
    text: `${decision.effect}: ${why}`,
    key: `${name}/decision/${short(decision)}`,
    type: "decision.made",
    body: {
      effect: decision.effect,
      planDigest: digest,
      digest: digestOf(decision),
      reasons: decision.reasons.map((r) => `${r.source} ${r.name}: ${r.text}`),
      errors: [...decision.errors],
    },
  });
}

const short = (value: unknown): string => digestOf(value).slice(7, 19);
