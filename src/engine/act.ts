import type { Json } from "../kernel/json.ts";
import type { ActionName } from "../loop/plan/runbook.ts";
import type { Plan } from "../loop/plan/plan.ts";
import { stopped } from "../loop/decision/stop.ts";
import type { ActionRequest, EffectState, StepIntent, StepOutcome } from "../loop/run/run.ts";
import { surprises, type Expectation } from "../loop/run/target-after.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import type { Actuator } from "../ports/actuator.ts";
import type { Lease } from "../ports/store.ts";
import { lookAt, targetName, type RunContext, type World } from "./world.ts";

/** One act on one target: a plan's step or its undo. */
export interface Act {
  /** `<run>/<step>` or `<run>/<step>/undo`: the same over retries and take-overs (I3). */
  readonly key: string;
  readonly action: ActionName;
  readonly service: string;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly timeoutMs: number;
}

export type ActResult =
  | { readonly state: "done"; readonly before: Json; readonly detail: string; readonly atMs: number }
  /** `retryable` failures may be tried again; the target does not show the effect. */
  | { readonly state: "failed"; readonly why: string; readonly retryable: boolean }
  | { readonly state: "stopped" | "stood-down" | "parked"; readonly why: string };

/**
 * Brings one effect about, at most once as the target sees it. Upholds I1 (intent cites plan, decision and commit), I2
 * (intent, act, outcome; in doubt the target is looked at), I3 (one key), I4 (the target's lease), I8 (stop is read right
 * before the effect). Safe to call again after a crash at any point.
 */
export async function act(
  world: World,
  context: RunContext,
  plan: Plan,
  step: Act,
  expected: Expectation,
  attempt: number,
): Promise<ActResult> {
  const known = await world.store.runs.run(context.runId);
  const outcome = known?.outcomes.find((o) => o.key === step.key);
  const intent = known?.intents.find((i) => i.key === step.key);
  if (outcome?.effect === "applied" && intent)
    return { state: "done", before: intent.before, detail: outcome.detail, atMs: outcome.atMs };
  const actuator = world.actuators.find((a) => a.actions.some((s) => s.name === step.action));
  if (!actuator) return { state: "failed", why: `no actuator knows \`${step.action}\``, retryable: false };
  const held = await mayAct(world, context, plan, step.service);
  if ("state" in held) return held;
  if (intent) return resume(world, context, plan, step, actuator, intent, attempt);
  const found = surprises(expected, await lookAt(world, step.service));
  if (found.length > 0)
    return { state: "stood-down", why: `someone else changed ${step.service}: ${found.join("; ")}` };
  const fresh = await intend(world, context, plan, step, actuator, held.lease);
  return fresh
    ? perform(world, context, plan, step, actuator, fresh, attempt)
    : { state: "stood-down", why: `another intent is recorded under ${step.key}` };
}

/** Stop, this controller's own lease, the target's lease: all of them, read now. Anything unknown means no (I7). */
async function mayAct(
  world: World,
  context: RunContext,
  plan: Plan,
  service: string,
): Promise<{ lease: Lease } | Extract<ActResult, { state: "stopped" | "stood-down" | "parked" }>> {
  const stop = stopped(await world.stops(), {
    environment: plan.environment,
    service,
    runbook: plan.runbook.name,
    incidentId: plan.incidentId,
  });
  if (stop.length > 0) return { state: "stopped", why: stop.map((r) => r.text).join("; ") };
  if (!(await world.controller.current()))
    return { state: "stood-down", why: `controller ${world.controller.id} lost its lease` };
  const lease = await world.holdTarget(targetName(plan.environment, service), context.runId);
  return lease ? { lease } : { state: "stood-down", why: `another run is working on ${service}` };
}

async function intend(
  world: World,
  context: RunContext,
  plan: Plan,
  step: Act,
  actuator: Actuator,
  lease: Lease,
): Promise<StepIntent | undefined> {
  const { key, action, service, parameters, timeoutMs } = step;
  const before = await actuator.capture({ key, action, service, parameters, timeoutMs });
  const intent: StepIntent = {
    key,
    action,
    service,
    parameters,
    before,
    planDigest: context.planDigest,
    decisionDigest: context.decisionDigest,
    configCommit: plan.configCommit,
    fencingToken: lease.token,
    atMs: world.clock.nowMs(),
  };
  if (!(await world.store.runs.intend(context.runId, intent))) return undefined;
  await record(world, context, "step.intended", step, intent.atMs, {
    planDigest: intent.planDigest,
    decisionDigest: intent.decisionDigest,
    before,
    parameters: { ...parameters },
    fencingToken: lease.token,
  });
  return intent;
}

/** An intent without an outcome: somebody may have acted. The target knows (I2). */
async function resume(
  world: World,
  context: RunContext,
  plan: Plan,
  step: Act,
  actuator: Actuator,
  intent: StepIntent,
  attempt: number,
): Promise<ActResult> {
  const effect = await look(actuator, requestOf(step, intent));
  if (effect === "applied")
    return complete(world, context, step, intent, effect, "the effect was already there", attempt);
  if (effect === "unknown" && !repeatable(actuator, step))
    return park(
      world,
      context,
      step,
      intent,
      "it is not known whether an earlier attempt took effect, and the target cannot tell",
      attempt,
    );
  return perform(world, context, plan, step, actuator, intent, attempt);
}

async function perform(
  world: World,
  context: RunContext,
  plan: Plan,
  step: Act,
  actuator: Actuator,
  intent: StepIntent,
  attempt: number,
): Promise<ActResult> {
  const still = await mayAct(world, context, plan, step.service);
  if ("state" in still) return still;
  const request = requestOf(step, intent);
  try {
    const done = await actuator.execute(request, AbortSignal.timeout(step.timeoutMs));
    const effect = await look(actuator, request);
    if (effect !== "not-applied") return await complete(world, context, step, intent, "applied", done.detail, attempt);
    return {
      state: "failed",
      why: `the actuator reported \`${done.detail}\`, but the target does not show it`,
      retryable: false,
    };
  } catch (error) {
    return afterError(world, context, step, actuator, intent, error, attempt);
  }
}

async function afterError(
  world: World,
  context: RunContext,
  step: Act,
  actuator: Actuator,
  intent: StepIntent,
  error: unknown,
  attempt: number,
): Promise<ActResult> {
  const why = error instanceof Error ? error.message : String(error);
  const effect = await look(actuator, requestOf(step, intent));
  if (effect === "applied")
    return complete(world, context, step, intent, effect, `the effect is there, although: ${why}`, attempt);
  if (effect === "unknown" && !repeatable(actuator, step))
    return park(world, context, step, intent, `it is not known whether it took effect: ${why}`, attempt);
  return { state: "failed", why, retryable: error instanceof AdapterError && error.retryable };
}

/** Repeating under the same key is safe where the other side honours the key. */
const repeatable = (actuator: Actuator, step: Act): boolean =>
  actuator.actions.find((a) => a.name === step.action)?.idempotency === "key";

const requestOf = (step: Act, intent: StepIntent): ActionRequest => ({ ...step, before: intent.before });

async function look(actuator: Actuator, request: ActionRequest): Promise<EffectState> {
  try {
    return await actuator.probe(request);
  } catch {
    return "unknown";
  }
}

async function complete(
  world: World,
  context: RunContext,
  step: Act,
  intent: StepIntent,
  effect: EffectState,
  detail: string,
  attempts: number,
): Promise<ActResult> {
  const outcome: StepOutcome = { key: step.key, effect, detail, attempts, atMs: world.clock.nowMs() };
  await world.store.runs.complete(context.runId, outcome);
  await record(world, context, "step.completed", step, outcome.atMs, { effect, detail, attempts });
  return { state: "done", before: intent.before, detail, atMs: outcome.atMs };
}

async function park(
  world: World,
  context: RunContext,
  step: Act,
  intent: StepIntent,
  why: string,
  attempts: number,
): Promise<ActResult> {
  await complete(world, context, step, intent, "unknown", why, attempts);
  return { state: "parked", why: `${step.action} on ${step.service}: ${why}` };
}

async function record(
  world: World,
  context: RunContext,
  type: "step.intended" | "step.completed",
  step: Act,
  atMs: number,
  body: { [key: string]: Json },
): Promise<void> {
  await world.record({
    key: `${step.key}/${type}`,
    type,
    atMs,
    actor: { kind: "homeostat", name: "homeostat" },
    subject: context.incidentId,
    configCommit: world.config().commit,
    body: { key: step.key, action: step.action, service: step.service, ...body },
  });
}
