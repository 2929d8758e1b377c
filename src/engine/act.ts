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

/** One try of one act. */
interface Try {
  readonly world: World;
  readonly context: RunContext;
  readonly plan: Plan;
  readonly step: Act;
  readonly actuator: Actuator;
  /** What the target should look like before it. */
  readonly expected: Expectation;
  readonly attempt: number;
}
type Recorded = Pick<Try, "world" | "context" | "step">;

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
    await recordOutcome({ world, context, step }, outcome);
    return { state: "done", before: intent.before, detail: outcome.detail, atMs: outcome.atMs };
  }
  const actuator = world.actuators.find((a) => a.actions.some((s) => s.name === step.action));
  if (!actuator) return { state: "failed", why: `no actuator knows \`${step.action}\``, retryable: false };
  const held = await mayAct(world, context, plan, step.service);
  if ("state" in held) return held;
  const one: Try = { world, context, plan, step, actuator, expected, attempt };
  return intent ? resume(one, intent) : begin(one, held.lease);
}

/** The first try that gets so far: the target is as expected, its state is captured, and the intent is on record before anything is done. */
async function begin(one: Try, lease: Lease): Promise<ActResult> {
  const { world, step, actuator, expected } = one;
  const found = surprises(expected, await lookAt(world, step.service));
  if (found.length > 0) return changedBySomeone(step, found);
  const captured = await capture(actuator, step);
  if ("why" in captured) return captured;
  const intent = await intend(one, captured.before, lease);
  return intent ? perform(one, intent) : { state: "stood-down", why: `another intent is recorded under ${step.key}` };
}

const changedBySomeone = ({ service }: Act, found: readonly string[]) => ({
  state: "stood-down" as const,
  why: `someone else changed ${service}: ${found.join("; ")}`,
});

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

async function intend(one: Try, before: Json, lease: Lease): Promise<StepIntent | undefined> {
  const { world, context, plan, step } = one;
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
  await recordIntent(one, intent);
  return intent;
}

const recordIntent = (one: Recorded, intent: StepIntent): Promise<void> =>
  record(one, `${one.step.key}/step.intended`, "step.intended", intent.atMs, {
    planDigest: intent.planDigest,
    decisionDigest: intent.decisionDigest,
    before: intent.before,
    parameters: { ...intent.parameters },
    fencingToken: intent.fencingToken,
  });

/** An intent without an outcome: somebody may have acted. The target knows (I2). */
async function resume(one: Try, intent: StepIntent): Promise<ActResult> {
  const { world, step, actuator, expected } = one;
  // Whoever wrote the intent may have crashed before its record.
  await recordIntent(one, intent);
  const effect = await look(world, actuator, requestOf(step, intent));
  if (effect === "applied") return complete(one, intent, effect, "the effect was already there");
  if (effect === "unknown" && !repeatable(actuator, step.action)) {
    const why = "it is not known whether an earlier attempt took effect, and the target cannot tell";
    return giveWay(one, intent, { effect, why });
  }
  // Nothing of it is there: then the target is as it was left, or somebody else changed it meanwhile.
  const found = effect === "not-applied" ? surprises(expected, await lookAt(world, step.service)) : [];
  return found.length > 0 ? changedBySomeone(step, found) : perform(one, intent);
}

async function perform(one: Try, intent: StepIntent): Promise<ActResult> {
  const { world, context, plan, step, actuator } = one;
  const still = await mayAct(world, context, plan, step.service);
  if ("state" in still) return still;
  const request = requestOf(step, intent);
  let detail: string;
  try {
    ({ detail } = await actuator.execute(request, signalOf(world, step)));
  } catch (error) {
    return afterError(one, intent, error);
  }
  const effect = await look(world, actuator, request);
  if (effect === "unknown" && canTell(actuator, step.action)) {
    const why = `it was reported \`${detail}\`, and the target cannot tell`;
    // Reported, and gone again by somebody else's hands: it was there.
    return giveWay(one, intent, { effect: "applied", why });
  }
  if (effect !== "not-applied") return complete(one, intent, "applied", detail);
  const why = `the actuator reported \`${detail}\`, but the target does not show it`;
  return fail(one, { effect, why, retryable: false });
}

async function afterError(one: Try, intent: StepIntent, error: unknown): Promise<ActResult> {
  const { world, step, actuator } = one;
  const why = error instanceof Error ? error.message : String(error);
  const effect = await look(world, actuator, requestOf(step, intent));
  if (effect === "applied") return complete(one, intent, effect, `the effect is there, although: ${why}`);
  if (effect === "unknown" && !repeatable(actuator, step.action)) {
    const refused = error instanceof AdapterError && error.code === "target-changed";
    const doubt = `it is not known whether it took effect: ${why}`;
    return giveWay(one, intent, { effect: refused ? "not-applied" : effect, why: doubt });
  }
  return fail(one, { effect, why, retryable: error instanceof AdapterError && error.retryable });
}

/** Ends an act that takes too long, or whose controller lost its lease: another may be about to do it (I4). */
const signalOf = ({ controller }: World, { timeoutMs }: Act): AbortSignal =>
  AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(controller.lost ? [controller.lost()] : [])]);

const requestOf = (step: Act, intent: StepIntent): ActionRequest => ({ ...step, before: intent.before });

async function complete(one: Try, intent: StepIntent, effect: EffectState, detail: string): Promise<ActResult> {
  const { world, context, step, attempt: attempts } = one;
  const outcome: StepOutcome = { key: step.key, effect, detail, attempts, atMs: world.clock.nowMs() };
  await world.store.runs.complete(context.runId, outcome);
  await recordOutcome(one, outcome);
  return { state: "done", before: intent.before, detail, atMs: outcome.atMs };
}

const recordOutcome = (one: Recorded, { effect, detail, attempts, atMs }: StepOutcome): Promise<void> =>
  record(one, `${one.step.key}/step.completed`, "step.completed", atMs, { effect, detail, attempts });

/** That an attempt came to nothing is an outcome too (I2); a later attempt may still replace it. */
async function fail(
  one: Try,
  { effect, why, retryable }: { readonly effect: EffectState; readonly why: string; readonly retryable: boolean },
): Promise<ActResult> {
  const { world, context, step, attempt: attempts } = one;
  const outcome: StepOutcome = { key: step.key, effect, detail: why, attempts, atMs: world.clock.nowMs() };
  await world.store.runs.complete(context.runId, outcome);
  const body = { effect, detail: why, attempts };
  await record(one, `${step.key}/try ${attempts}`, "step.completed", outcome.atMs, body);
  return { state: "failed", why, retryable };
}

/**
 * The target shows neither the state before the act nor the one after it. Where it shows what somebody else made of it
 * meanwhile, theirs stands, and `meant` is what became of the act; otherwise a person has to look.
 */
async function giveWay(
  one: Try,
  intent: StepIntent,
  meant: { readonly effect: EffectState; readonly why: string },
): Promise<ActResult> {
  const { world, step, expected } = one;
  const after = expectedAfter(expected, step.action, step.parameters);
  const found = otherHands(expected, after, await lookAt(world, step.service));
  if (found.length === 0) return park(one, intent, meant.why);
  const end = changedBySomeone(step, found);
  // Theirs shows only that ours is gone where both set the same thing; of anything else the actuator's word alone is no proof (I6).
  const effect = meant.effect === "applied" && after === expected ? "unknown" : meant.effect;
  await complete(one, intent, effect, `${meant.why}; ${end.why}`);
  return end;
}

async function park(one: Try, intent: StepIntent, why: string): Promise<ActResult> {
  await complete(one, intent, "unknown", why);
  return { state: "parked", why: `${one.step.action} on ${one.step.service}: ${why}` };
}

async function record(
  { world, context, step }: Recorded,
  key: string,
  type: "step.intended" | "step.completed",
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
