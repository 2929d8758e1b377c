import type { Result } from "../kernel/result.ts";
import type { Diagnosis } from "../loop/diagnosis/diagnosis.ts";
import { diagnose } from "../loop/diagnosis/diagnose.ts";
import type { Scene } from "../loop/diagnosis/scene.ts";
import { decide } from "../loop/decision/decide.ts";
import type { Decision } from "../loop/decision/decision.ts";
import type { DecisionFacts } from "../loop/decision/decision-facts.ts";
import { isLive } from "../loop/incident/transition.ts";
import type { Incident } from "../loop/incident/incident.ts";
import type { Plan } from "../loop/plan/plan.ts";
import { proposePlan } from "../loop/plan/propose-plan.ts";
import type { PlanFacts } from "../loop/plan/plan-facts.ts";
import { gather, topologyOf } from "./gather.ts";
import { tooEarly } from "../loop/plan/too-early.ts";
import { lookAt, type World } from "./world.ts";

/** Diagnosis, plan and decision made from one look at the scene. Makes no change to any target. */
export interface Considered {
  readonly diagnosis: Diagnosis;
  readonly plan: Plan | null;
  readonly decision: Decision | null;
  readonly why: string;
}

export async function consider(world: World, incident: Incident, tried: readonly string[]): Promise<Considered> {
  const scene = await gather(world, incident, tried);
  const diagnosis = diagnose(scene);
  const proposed = propose(world, scene, diagnosis);
  if (!proposed.ok) return { diagnosis, plan: null, decision: null, why: proposed.error.slice(0, 6).join("; ") };
  const early = proposed.value.runbook.escalates ? undefined : tooEarly(scene, diagnosis, proposed.value);
  if (early !== undefined) return { diagnosis, plan: null, decision: null, why: early };
  const decision = await decideOn(world, proposed.value);
  return { diagnosis, plan: proposed.value, decision, why: decision.reasons.map((r) => r.text).join("; ") };
}

function propose(world: World, scene: Scene, diagnosis: Diagnosis): Result<Plan, string[]> {
  const { services, runbooks, conditions, commit } = world.config();
  const factsOf = (name: string): PlanFacts | undefined => {
    const service = services.find((s) => s.name === name && s.environment === scene.incident.environment);
    const target = scene.targets[name];
    return service && target
      ? { service, target, known: scene.knownGood[name] ?? {}, incident: scene.incident, configCommit: commit }
      : undefined;
  };
  return proposePlan(diagnosis, runbooks, factsOf, scene.tried, conditions);
}

/** Decides on a plan with the facts as they are now. `ownRunId`: the plan's run, when it is being rechecked. */
export async function decideOn(world: World, plan: Plan, ownRunId?: string): Promise<Decision> {
  const nowMs = world.clock.nowMs();
  const { services, settings, runbooks, ask } = world.config();
  const [history, live, stop, healthyInstances, telemetryKnown] = await Promise.all([
    world.store.runs.history(nowMs - 24 * 3_600_000),
    world.store.incidents.list({ live: true, environment: plan.environment, limit: 200 }),
    world.stops(),
    healthyOf(world, plan.service),
    isSeen(world, plan),
  ]);
  const facts: DecisionFacts = {
    service: services.find((s) => s.name === plan.service),
    confidenceMin: runbooks.some((r) => r.digest === plan.runbook.digest) ? (plan.confidenceNeeded ?? 1) : 1,
    history,
    ...(ownRunId === undefined ? {} : { ownRunId }),
    liveIncidents: live.filter((i) => isLive(i.state)).length,
    runningRuns: 0,
    healthyInstances,
    stop,
    restraints: settings.restraints,
    telemetryKnown,
    approvalExpiresInMs: settings.approvalExpiresInMs,
  };
  return decide(plan, facts, ask, nowMs);
}

async function healthyOf(world: World, service: string): Promise<string[] | undefined> {
  const { instances } = await lookAt(world, service);
  return instances?.filter((i) => i.alive && i.healthy !== false).map((i) => i.name);
}

/** Something would show whether an act helped: telemetry of the service or its callers, or, where it sends none, checks from outside. */
async function isSeen(world: World, plan: Plan): Promise<boolean> {
  const toMs = world.clock.nowMs();
  const fromMs = toMs - 90_000;
  if ((await world.telemetry.service(plan.service, plan.environment, fromMs, toMs)).length > 0) return true;
  const edges = (await topologyOf(world, plan.environment)).edges.filter((e) => e.to === plan.service);
  for (const edge of edges)
    if ((await world.telemetry.edge(edge, plan.environment, fromMs, toMs)).length > 0) return true;
  const service = world.config().services.find((s) => s.name === plan.service);
  const checked = service?.synthetics.length || service?.instances.some((i) => i.healthUrl !== undefined);
  return service?.emitsTelemetry === false && edges.length === 0 && Boolean(checked);
}
