import type { Json } from "../kernel/json.ts";
import type { ActionName } from "../loop/plan/runbook.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { ActionRequest, EffectState, StepIntent, StepOutcome } from "../loop/run/run.ts";
import { expectedAfter, otherHands, surprises, type Expectation } from "../loop/run/target-after.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import type { Actuator } from "../ports/actuator.ts";
import type { Lease } from "../ports/store.ts";
import { canTell, look, repeatable } from "./look.ts";
import { mayAct } from "./may-act.ts";
import { lookAt, type RunContext, type World } from "./world.ts";

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
  if (outcome?.effect === "applied" && intent) {
    // Whoever wrote the outcome may not have managed its record.
    await recordOutcome(world, context, step, outcome);
    return { state: "done", before: intent.before, detail: outcome.detail, atMs: outcome.atMs };
  }
  const actuator = world.actuators.find((a) => a.actions.some((s) => s.name === step.action));
  if (!actuator) return { state: "failed", why: `no actuator knows \`${step.action}\``, retryable: false };
  const held = await mayAct(world, context, plan, step.service);
  if ("state" in held) return held;
  if (intent) return resume(world, context, plan, step, actuator, intent, expected, attempt);
  const found = surprises(expected, await lookAt(world, step.service));
  if (found.length > 0)
    return { state: "stood-down", why: `someone else changed ${step.service}: ${found.join("; ")}` };
  const captured = await capture(actuator, step);
  if ("why" in captured) return captured;
  const fresh = await intend(world, context, plan, step, captured.before, held.lease);
  return fresh
    ? perform(world, context, plan, step, actuator, fresh, expected, attempt)
    : { state: "stood-down", why: `another intent is recorded under ${step.key}` };
}

/** The state before the act. One that cannot be read is no state to act on: nothing was done yet. */
async function capture(
  actuator: Actuator,
  { key, action, service, parameters, timeoutMs }: Act,
): Promise<{ readonly before: Json } | Extract<ActResult, { state: "failed" }>> {
  try {
    return { before: await actuator.capture({ key, action, service, parameters, timeoutMs }) };
  } catch (error) {
    const why = `what is there cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { state: "failed", why, retryable: error instanceof AdapterError && error.retryable };
  }
}

async function intend(
  world: World,
  context: RunContext,
  plan: Plan,
  step: Act,
  before: Json,
  lease: Lease,
): Promise<StepIntent | undefined> {
  const { key, action, service, parameters } = step;
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
  await recordIntent(world, context, step, intent);
  return intent;
}

const recordIntent = (world: World, context: RunContext, step: Act, intent: StepIntent): Promise<void> =>
  record(world, context, `${step.key}/step.intended`, "step.intended", step, intent.atMs, {
    planDigest: intent.planDigest,
    decisionDigest: intent.decisionDigest,
    before: intent.before,
    parameters: { ...intent.parameters },
    fencingToken: intent.fencingToken,
  });

/** An intent without an outcome: somebody may have acted. The target knows (I2). */
async function resume(
  world: World,
  context: RunContext,
  plan: Plan,
  step: Act,
  actuator: Actuator,
  intent: StepIntent,
  expected: Expectation,
  attempt: number,
): Promise<ActResult> {
  // Whoever wrote the intent may have crashed before its record.
  await recordIntent(world, context, step, intent);
  const effect = await look(world, actuator, requestOf(step, intent));
  if (effect === "applied")
    return complete(world, context, step, intent, effect, "the effect was already there", attempt);
  if (effect === "unknown" && !repeatable(actuator, step.action)) {
    const why = "it is not known whether an earlier attempt took effect, and the target cannot tell";
    return giveWay(world, context, step, intent, expected, { effect, why }, attempt);
  }
  // Nothing of it is there: then the target is as it was left, or somebody else changed it meanwhile.
  const found = effect === "not-applied" ? surprises(expected, await lookAt(world, step.service)) : [];
  if (found.length > 0)
    return { state: "stood-down", why: `someone else changed ${step.service}: ${found.join("; ")}` };
  return perform(world, context, plan, step, actuator, intent, expected, attempt);
}

async function perform(
  world: World,
  context: RunContext,
  plan: Plan,
  step: Act,
  actuator: Actuator,
  intent: StepIntent,
  expected: Expectation,
  attempt: number,
): Promise<ActResult> {
  const still = await mayAct(world, context, plan, step.service);
  if ("state" in still) return still;
  const request = requestOf(step, intent);
  let detail: string;
  try {
    ({ detail } = await actuator.execute(request, signalOf(world, step)));
  } catch (error) {
    return afterError(world, context, step, actuator, intent, expected, error, attempt);
  }
  const effect = await look(world, actuator, request);
  if (effect === "unknown" && canTell(actuator, step.action)) {
    const why = `it was reported \`${detail}\`, and the target cannot tell`;
    // Reported, and gone again by somebody else's hands: it was there.
    return giveWay(world, context, step, intent, expected, { effect: "applied", why }, attempt);
  }
  if (effect !== "not-applied") return complete(world, context, step, intent, "applied", detail, attempt);
  const why = `the actuator reported \`${detail}\`, but the target does not show it`;
  return fail(world, context, step, { effect, why, retryable: false }, attempt);
}

async function afterError(
  world: World,
  context: RunContext,
  step: Act,
  actuator: Actuator,
  intent: StepIntent,
  expected: Expectation,
  error: unknown,
  attempt: number,
): Promise<ActResult> {
  const why = error instanceof Error ? error.message : String(error);
  const effect = await look(world, actuator, requestOf(step, intent));
  if (effect === "applied")
    return complete(world, context, step, intent, effect, `the effect is there, although: ${why}`, attempt);
  if (effect === "unknown" && !repeatable(actuator, step.action)) {
    const refused = error instanceof AdapterError && error.code === "target-changed";
    const meant = {
      effect: refused ? ("not-applied" as const) : effect,
      why: `it is not known whether it took effect: ${why}`,
    };
    return giveWay(world, context, step, intent, expected, meant, attempt);
  }
  const retryable = error instanceof AdapterError && error.retryable;
  return fail(world, context, step, { effect, why, retryable }, attempt);
}

/** Ends an act that takes too long, or whose controller lost its lease: another may be about to do it (I4). */
const signalOf = ({ controller }: World, { timeoutMs }: Act): AbortSignal =>
  AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(controller.lost ? [controller.lost()] : [])]);

const requestOf = (step: Act, intent: StepIntent): ActionRequest => ({ ...step, before: intent.before });

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
  await recordOutcome(world, context, step, outcome);
  return { state: "done", before: intent.before, detail, atMs: outcome.atMs };
}

function recordOutcome(world: World, context: RunContext, step: Act, outcome: StepOutcome): Promise<void> {
  const { effect, detail, attempts, atMs } = outcome;
  const body = { effect, detail, attempts };
  return record(world, context, `${step.key}/step.completed`, "step.completed", step, atMs, body);
}

/** That an attempt came to nothing is an outcome too (I2); a later attempt may still replace it. */
async function fail(
  world: World,
  context: RunContext,
  step: Act,
  failed: { readonly effect: EffectState; readonly why: string; readonly retryable: boolean },
  attempts: number,
): Promise<ActResult> {
  const { effect, why, retryable } = failed;
  const outcome: StepOutcome = { key: step.key, effect, detail: why, attempts, atMs: world.clock.nowMs() };
  await world.store.runs.complete(context.runId, outcome);
  const body = { effect, detail: why, attempts };
  await record(world, context, `${step.key}/try ${attempts}`, "step.completed", step, outcome.atMs, body);
  return { state: "failed", why, retryable };
}

/**
 * The target shows neither the state before the act nor the one after it. Where it shows what somebody else made of it
 * meanwhile, theirs stands, and `meant` is what became of the act; otherwise a person has to look.
 */
async function giveWay(
  world: World,
  context: RunContext,
  step: Act,
  intent: StepIntent,
  expected: Expectation,
  meant: { readonly effect: EffectState; readonly why: string },
  attempt: number,
): Promise<ActResult> {
  const found = otherHands(
    expected,
    expectedAfter(expected, step.action, step.parameters),
    await lookAt(world, step.service),
  );
  if (found.length === 0) return park(world, context, step, intent, meant.why, attempt);
  const why = `someone else changed ${step.service}: ${found.join("; ")}`;
  await complete(world, context, step, intent, meant.effect, `${meant.why}; ${why}`, attempt);
  return { state: "stood-down", why };
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
  key: string,
  type: "step.intended" | "step.completed",
  step: Act,
  atMs: number,
  body: { [key: string]: Json },
): Promise<void> {
  await world.record({
    key,
    type,
    atMs,
    actor: { kind: "homeostat", name: "homeostat" },
    subject: context.incidentId,
    configCommit: world.config().commit,
    body: { key: step.key, action: step.action, service: step.service, ...body },
  });
}
