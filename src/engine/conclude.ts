import { move, tellStory } from "./incident-story.ts";
import { endedElsewhere } from "./ended-elsewhere.ts";
import { withLateOperations } from "./late-operations.ts";
import { viewIncident } from "./operate.ts";
import type { World } from "./world.ts";

export interface Ending {
  readonly outcome: "resolved" | "stood-down" | "escalated";
  readonly why: string;
  readonly runId?: string;
}

/** Ends the heal: the incident's state, the record of the outcome, and word to people. */
export async function conclude(world: World, incidentId: string, heal: string, ending: Ending): Promise<void> {
  if (await endedElsewhere(world, incidentId)) return showEnd(world, incidentId);
  const atMs = world.clock.nowMs();
  const incident = await move(world, incidentId, ending.outcome, ending.why);
  await tellStory(world, incidentId, {
    atMs,
    kind: "outcome",
    text: `${ending.outcome}: ${ending.why}`,
    key: `${heal}/outcome`,
    type: "outcome.reached",
    body: { outcome: ending.outcome, why: ending.why, run: ending.runId ?? null },
  });
  const decidedOn = await world.store.runs.latestDiagnosis(incidentId);
  const diagnosis = decidedOn && withLateOperations(world, incident, decidedOn);
  if (diagnosis && diagnosis !== decidedOn) await world.store.runs.saveDiagnosis(diagnosis);
  await world.tell({
    id: `${heal}/${ending.outcome}`,
    type: ending.outcome === "escalated" ? "escalation" : "outcome",
    atMs,
    subject: incidentId,
    text: `${incidentId} (${incident.services.slice(0, 5).join(", ")}) ${ending.outcome}: ${ending.why}`,
    data: {
      outcome: ending.outcome,
      why: ending.why,
      severity: incident.severity,
      services: [...incident.services],
      hypotheses: (diagnosis?.hypotheses ?? []).slice(0, 3).map((h) => ({
        service: h.service,
        cause: h.cause,
        confidence: h.confidence,
        for: h.evidenceFor.map((e) => e.text),
        against: h.evidenceAgainst.map((e) => e.text),
        advice: (h.explanations ?? []).map((e) => `${e.title} ${e.advice}`),
      })),
      operations: (diagnosis?.operations ?? []).slice(0, 3).map((o) => o.text),
      timeline: incident.timeline.slice(-20).map((e) => e.text),
    },
  });
  await showEnd(world, incidentId);
}

/** Homeostat's own telemetry must not keep an incident from ending. */
async function showEnd(world: World, incidentId: string): Promise<void> {
  if (!world.ended) return;
  const view = await viewIncident(world, incidentId).catch(() => undefined);
  if (view) world.ended(view);
}
