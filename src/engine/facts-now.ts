import type { JsonObject } from "../kernel/json.ts";
import type { Plan } from "../loop/plan/plan.ts";
import { expressionFacts } from "../loop/plan/plan-facts.ts";
import { sumRed } from "../loop/diagnosis/red-facts.ts";
import { knownGoodOf } from "./gather.ts";
import { lookAt, type World } from "./world.ts";

/** Telemetry that `red` of a condition sums up. */
const redMs = 30_000;

/**
 * What a plan's expressions may read, as it is now; undefined when the hypothesis, the incident or the service is gone.
 * Beside the variables of planning there is `red`: requests, share of errors and p95 of the last 30 s, when there were any.
 */
export async function factsNow(world: World, plan: Plan): Promise<JsonObject | undefined> {
  const service = world.config().services.find((s) => s.name === plan.service && s.environment === plan.environment);
  const diagnosis = await world.store.runs.latestDiagnosis(plan.incidentId);
  const hypothesis = diagnosis?.hypotheses.find((h) => h.id === plan.hypothesisId);
  const incident = (await world.store.incidents.get(plan.incidentId))?.incident;
  if (!service || !hypothesis || !incident) return undefined;
  const target = await lookAt(world, plan.service);
  const known = (await knownGoodOf(world, [plan.service], plan.environment))[plan.service] ?? {};
  const nowMs = world.clock.nowMs();
  const red = sumRed(await world.telemetry.service(plan.service, plan.environment, nowMs - redMs, nowMs));
  const facts = expressionFacts({ service, target, known, incident, configCommit: plan.configCommit }, hypothesis);
  return red ? { ...facts, red: { count: red.count, errorShare: red.errorShare, p95Ms: red.p95Ms } } : facts;
}
