import type { Json } from "../kernel/json.ts";
import type { Plan, PlanStep } from "../loop/plan/plan.ts";
import { fillUndo } from "../loop/plan/fill.ts";
import { expectedAfter, surprises, type Expectation } from "../loop/run/target-after.ts";
import type { Verification } from "../loop/verification/verdict.ts";
import type { DurableRun } from "../ports/durable.ts";
import { act, type Act, type ActResult } from "./act.ts";
import { factsNow } from "./facts-now.ts";
import { awaitResume, type Phase, type Released } from "./hold.ts";
import { remember } from "./remember.ts";
import { awaitGates } from "./verify.ts";
import { lookAt, type RunContext, type World } from "./world.ts";

/** A step that was done: what its undo needs. */
export interface DoneStep {
  readonly step: PlanStep;
  readonly before: Json;
  readonly atMs: number;
}

/** How acting on a plan ended. `done` are the steps whose effect is there, `expected` what the target should look like now. */
export interface Acted {
  readonly end: "done" | "failed" | "stale" | "stopped" | "stood-down" | "parked";
  readonly why: string;
  readonly done: readonly DoneStep[];
  readonly expected: Expectation;
  readonly atMs: number;
}

/** A gate between steps has this long. */
const gateWithinMs = 60_000;
const retryPauseMs = 1_000;
/** Stops one act is held by at most before a person has to finish it (I11). */
const holdsMax = 20;

/** Does a plan's steps in order, each followed by its gates (G6). Ends at the first that is not done. */
export async function actOut(
  world: World,
  run: DurableRun,
  context: RunContext,
  plan: Plan,
  start: Expectation,
): Promise<Acted> {
  const done: DoneStep[] = [];
  let expected = start;
  let atMs = await run.now();
  for (const step of plan.steps) {
    const held = await remember(world, run, `${context.runId}/${step.id}/when`, () => stillWanted(world, plan, step));
    if (held !== null) return { end: "stood-down", why: `${step.id}: ${held}`, done, expected, atMs };
    const result = await attemptAct(
      world,
      run,
      context,
      plan,
      "acting",
      actOf(context, step),
      expected,
      step.attemptsMax,
    );
    if (result.state !== "done") return { end: result.state, why: `${step.id}: ${result.why}`, done, expected, atMs };
    done.push({ step, before: result.before, atMs: result.atMs });
    expected = expectedAfter(expected, step.action, step.parameters);
    atMs = result.atMs;
    if (step.gates.length === 0) continue;
    const seen = await awaitGates(
      world,
      run,
      `${context.runId}/${step.id}/gates`,
      plan,
      step.gates,
      atMs,
      gateWithinMs,
    );
    if (seen.verdict !== "pass")
      return { end: "failed", why: `after ${step.id}: ${textOf(seen)}`, done, expected, atMs };
  }
  return { end: "done", why: "every step is done", done, expected, atMs };
}

/** Why a step's own condition does not hold right before it; null when it does or there is none (G4). */
async function stillWanted(world: World, plan: Plan, step: PlanStep): Promise<string | null> {
  if (step.when === undefined) return null;
  const facts = await factsNow(world, plan);
  if (!facts) return "what the plan rests on is gone";
  const answer = world.config().conditions.evaluate(step.when, facts);
  if (!answer.ok) return `\`${step.when}\`: ${answer.error}`;
  return answer.value === true ? null : `\`${step.when}\` does not hold any more`;
}

async function attemptAct(
  world: World,
  run: DurableRun,
  context: RunContext,
  plan: Plan,
  phase: Phase,
  step: Act,
  expected: Expectation,
  attemptsMax: number,
): Promise<ActResult | Extract<Released, { why: string }>> {
  for (let [attempt, holds] = [1, 0]; ;) {
    const name = `${step.key} try ${attempt}${holds === 0 ? "" : ` after stop ${holds}`}`;
    const result = await remember(world, run, name, () => act(world, context, plan, step, expected, attempt));
    if (result.state === "stopped" && holds < holdsMax) {
      const at = `${step.key}/stop ${++holds}`;
      const released = await awaitResume(world, run, context, plan, phase, at, result.why);
      if (released.state !== "resumed") return released;
    } else if (result.state === "failed" && result.retryable && attempt < attemptsMax)
      await run.sleep(retryPauseMs * 2 ** (attempt++ - 1));
    else return result;
  }
}

export interface RolledBack {
  readonly end: "rolled-back" | "stood-down" | "failed" | "stopped";
  readonly why: string;
}

/**
 * Undoes what was done, last first, and verifies by looking that it is undone (H3). Steps that declare `irreversible`
 * are left as they are and named. Stands down when somebody else changed the target meanwhile: theirs is not undone.
 */
export async function rollBack(
  world: World,
  run: DurableRun,
  context: RunContext,
  plan: Plan,
  acted: Acted,
  start: Expectation,
): Promise<RolledBack> {
  let expected = acted.expected;
  for (const { step, before } of acted.done.toReversed()) {
    if ("irreversible" in step.undo) continue;
    const undone = fillUndo(step, before, world.config().conditions);
    if (!undone.ok) return { end: "failed", why: `undo of ${step.id}: ${undone.error}` };
    for (const [i, undo] of undone.value.entries()) {
      const key = `${context.runId}/${step.id}/undo${i === 0 ? "" : `.${i + 1}`}`;
      const one: Act = {
        key,
        action: undo.action,
        service: step.service,
        parameters: undo.with,
        timeoutMs: step.timeoutMs,
      };
      const result = await attemptAct(world, run, context, plan, "rolling-back", one, expected, step.attemptsMax);
      if (result.state !== "done")
        return {
          end: result.state === "stopped" || result.state === "stood-down" ? result.state : "failed",
          why: `undo of ${step.id}: ${result.why}`,
        };
      expected = expectedAfter(expected, undo.action, undo.with);
    }
  }
  const left = await remember(world, run, `${context.runId}/undone`, async () =>
    surprises(start, await lookAt(world, plan.service)),
  );
  return left.length === 0
    ? { end: "rolled-back", why: "every reversible step is undone, as the target shows" }
    : { end: "failed", why: `after undoing, ${left.join("; ")}` };
}

const actOf = (context: RunContext, step: PlanStep): Act => ({
  key: `${context.runId}/${step.id}`,
  action: step.action,
  service: step.service,
  parameters: step.parameters,
  timeoutMs: step.timeoutMs,
});

/** What decided, for people: each gate that did not pass, or how well the service itself looks. */
export function textOf(seen: Verification): string {
  if (seen.verdict === "pass") {
    const red = seen.gates.find((g) => g.gate.startsWith("red ")) ?? seen.gates.at(-1);
    return `every gate passes (${[...new Set(seen.gates.map((g) => g.gate))].join(", ")})${red ? `: ${red.text}` : ""}`;
  }
  const telling = seen.gates.filter((g) => g.verdict === seen.verdict).map((g) => `${g.gate}: ${g.text}`);
  return telling.join("; ") || "there was no gate to look at";
}
