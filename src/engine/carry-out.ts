import type { Plan } from "../loop/plan/plan.ts";
import { digestOf } from "../kernel/digest.ts";
import { isLive } from "../loop/incident/transition.ts";
import { boundState } from "../loop/signal/target-state.ts";
import type { RunState } from "../loop/run/run.ts";
import { expectationOf, surprises, type Expectation } from "../loop/run/target-after.ts";
import type { Verification } from "../loop/verification/verdict.ts";
import type { DurableRun } from "../ports/durable.ts";
import { decideOn } from "./consider.ts";
import { move, tellStory } from "./incident-story.ts";
import type { Attempt } from "./attempt.ts";
import { letsGoOn } from "./lets-go-on.ts";
import { factsNow } from "./facts-now.ts";
import { unmetPreconditions } from "../loop/plan/bind-plan.ts";
import { recovered, triedOf } from "./recall.ts";
import { remember } from "./remember.ts";
import { actOut, rollBack, textOf, type Acted } from "./run-plan.ts";
import { awaitRecovery } from "./verify.ts";
import { lookAt, targetName, type RunContext, type World } from "./world.ts";

/** One allowed plan, from the recheck to its verified end: acts, verifies, bakes, or undoes. */
export async function carryOut(world: World, run: DurableRun, context: RunContext, plan: Plan): Promise<Attempt> {
  const stale = await remember(world, run, `${context.runId}/recheck`, () => recheck(world, context, plan));
  if (stale.stale) return { again: stale.why, waitMs: 5_000, free: true };
  const start = stale.start;
  const begun = await remember(world, run, `${context.runId}/start`, () => begin(world, context, plan));
  if (begun === "over") return { again: "it ended before anything was done", waitMs: 1_000, free: true };
  const acted = await actOut(world, run, context, plan, start);
  const result =
    acted.end === "done"
      ? await prove(world, run, context, plan, acted, start)
      : await fallShort(world, run, context, plan, acted, start);
  await remember(world, run, `${context.runId}/let-go`, () =>
    world.releaseTarget(targetName(plan.environment, plan.service), context.runId),
  );
  return result;
}

type Rechecked =
  { readonly stale: true; readonly why: string } | { readonly stale: false; readonly start: Expectation };

/** Still firing, still the same configuration, still the target the plan is bound to, still allowed (G4)? */
async function recheck(world: World, context: RunContext, plan: Plan): Promise<Rechecked> {
  if (await recovered(world, context.incidentId)) return { stale: true, why: "it recovered before anything was done" };
  if (plan.configCommit !== world.config().commit)
    return { stale: true, why: "the configuration changed since the plan was made" };
  const target = await lookAt(world, plan.service);
  if (digestOf(boundState(target)) !== plan.targetState)
    return { stale: true, why: `${plan.service} was changed since the plan was made` };
  const facts = await factsNow(world, plan);
  if (!facts) return { stale: true, why: "what the plan rests on is gone" };
  const unmet = unmetPreconditions(plan, facts, world.config().conditions);
  if (unmet.length > 0) return { stale: true, why: unmet.join("; ") };
  const decision = await decideOn(world, plan, context.runId);
  if (!(await letsGoOn(world, context, decision)))
    return { stale: true, why: decision.reasons.map((r) => r.text).join("; ") };
  return { stale: false, start: expectationOf(target) };
}

/** Whichever writes first, the start of a run or the end of its incident by other hands, the other sees. */
async function begin(world: World, context: RunContext, plan: Plan): Promise<"begun" | "over"> {
  const atMs = world.clock.nowMs();
  await world.store.runs.startRun({
    id: context.runId,
    incidentId: context.incidentId,
    planDigest: context.planDigest,
    state: "acting",
    intents: [],
    outcomes: [],
    startedAtMs: atMs,
  });
  await tellStory(world, context.incidentId, {
    atMs,
    kind: "action",
    text: `run ${context.runId} started: ${plan.runbook.name} on ${plan.service}`,
    key: `${context.runId}/started`,
    type: "run.started",
    body: { planDigest: context.planDigest, decisionDigest: context.decisionDigest },
  });
  const incident = await move(world, context.incidentId, "remediating", `${plan.runbook.name} on ${plan.service}`);
  if (isLive(incident.state)) return "begun";
  await endRun(world, context, "stood-down", `the incident is ${incident.state}`);
  return "over";
}

/** Verifies from the outside, then watches for a relapse while it bakes (H1, H2). */
async function prove(
  world: World,
  run: DurableRun,
  context: RunContext,
  plan: Plan,
  acted: Acted,
  start: Expectation,
): Promise<Attempt> {
  await remember(world, run, `${context.runId}/verifying`, () =>
    enter(world, context, "verifying", "the steps are done; looking whether they helped"),
  );
  const seen = await awaitRecovery(world, run, `${context.runId}/verify`, plan, acted.atMs, plan.verify.withinMs);
  const held = seen.verdict === "pass" ? await bake(world, run, context, plan, acted.atMs, seen) : seen;
  await remember(world, run, `${context.runId}/verified`, () => recordVerification(world, context, held));
  if (held.verdict === "pass") {
    await remember(world, run, `${context.runId}/end`, () => endRun(world, context, "succeeded", textOf(held)));
    return { ending: { outcome: "resolved", why: textOf(held), runId: context.runId } };
  }
  if (held.verdict === "inconclusive" && plan.verify.inconclusive === "hold") {
    await remember(world, run, `${context.runId}/end`, () => endRun(world, context, "parked", textOf(held)));
    return {
      ending: { outcome: "escalated", why: `it is not known whether it helped: ${textOf(held)}`, runId: context.runId },
    };
  }
  return undo(world, run, context, plan, acted, start, `verification: ${textOf(held)}`);
}

async function bake(
  world: World,
  run: DurableRun,
  context: RunContext,
  plan: Plan,
  actedAtMs: number,
  passed: Verification,
): Promise<Verification> {
  const untilMs = (await run.now()) + plan.verify.bakeMs;
  let last = passed;
  for (let i = 0; i < 1_000 && (await run.now()) < untilMs; i++) {
    await run.sleep(Math.min(5_000, Math.max(500, plan.verify.bakeMs)));
    const seen = await awaitRecovery(world, run, `${context.runId}/bake ${i}`, plan, actedAtMs, 0);
    if (seen.verdict === "fail" && last.verdict === "fail") return seen;
    last = seen;
  }
  return last.verdict === "pass"
    ? last
    : awaitRecovery(world, run, `${context.runId}/bake last`, plan, actedAtMs, 20_000);
}

/** Acting ended early. What was done is undone, unless stop says otherwise, somebody else took over, or it is not known what was done. */
async function fallShort(
  world: World,
  run: DurableRun,
  context: RunContext,
  plan: Plan,
  acted: Acted,
  start: Expectation,
): Promise<Attempt> {
  if (acted.end === "failed") return undo(world, run, context, plan, acted, start, acted.why);
  if (acted.end === "stale") return untried(await undo(world, run, context, plan, acted, start, acted.why));
  const state: RunState = acted.end === "stopped" ? "stopped" : acted.end === "parked" ? "parked" : "stood-down";
  await remember(world, run, `${context.runId}/end`, () => endRun(world, context, state, acted.why));
  if (acted.end === "stood-down") return { again: acted.why, waitMs: 5_000, free: acted.done.length === 0 };
  const left =
    acted.done.length > 0 ? `; done so far: ${acted.done.map((d) => d.step.id).join(", ")}` : "; nothing was done";
  const over = await remember(world, run, `${context.runId}/over`, () => recovered(world, context.incidentId));
  return { ending: { outcome: over ? "stood-down" : "escalated", why: `${acted.why}${left}`, runId: context.runId } };
}

/** A plan that was taken back before it could show whether it helps may be tried again. */
function untried(attempt: Attempt): Attempt {
  if ("ending" in attempt) return attempt;
  const { tried: _, ...again } = attempt;
  return again;
}

async function undo(
  world: World,
  run: DurableRun,
  context: RunContext,
  plan: Plan,
  acted: Acted,
  start: Expectation,
  why: string,
): Promise<Attempt> {
  await remember(world, run, `${context.runId}/undoing`, () =>
    enter(world, context, "rolling-back", `it did not help (${why}); undoing`),
  );
  const target = await remember(world, run, `${context.runId}/left`, async () =>
    surprises(acted.expected, await lookAt(world, plan.service)),
  );
  const undone =
    target.length > 0
      ? ({ end: "stood-down", why: `someone else changed ${plan.service}: ${target.join("; ")}` } as const)
      : await rollBack(world, run, context, plan, acted, start);
  const state: RunState =
    undone.end === "rolled-back"
      ? "rolled-back"
      : undone.end === "stood-down"
        ? "stood-down"
        : undone.end === "stopped"
          ? "stopped"
          : "parked";
  await remember(world, run, `${context.runId}/end`, () => endRun(world, context, state, undone.why));
  if (undone.end === "rolled-back") return { again: why, tried: triedOf(plan), waitMs: 2_000 };
  if (undone.end === "stood-down") return { again: undone.why, waitMs: 5_000 };
  return { ending: { outcome: "escalated", why: `undoing failed: ${undone.why}`, runId: context.runId } };
}

async function enter(
  world: World,
  context: RunContext,
  state: "verifying" | "rolling-back",
  text: string,
): Promise<void> {
  const atMs = world.clock.nowMs();
  await world.store.runs.setState(context.runId, state, atMs);
  if (state === "verifying") await move(world, context.incidentId, "verifying", text);
  else
    await tellStory(world, context.incidentId, {
      atMs,
      kind: "action",
      text,
      key: `${context.runId}/rollback-started`,
      type: "rollback.started",
      body: { why: text },
    });
}

async function recordVerification(world: World, context: RunContext, seen: Verification): Promise<void> {
  await world.store.runs.saveVerification(context.runId, seen);
  await tellStory(world, context.incidentId, {
    atMs: seen.atMs,
    kind: "check",
    text: `verification ${seen.verdict}: ${textOf(seen)}`,
    key: `${context.runId}/verification`,
    type: "verification.concluded",
    body: { verdict: seen.verdict, gates: seen.gates.map((g) => ({ gate: g.gate, verdict: g.verdict, text: g.text })) },
  });
}

async function endRun(world: World, context: RunContext, state: RunState, why: string): Promise<void> {
  const atMs = world.clock.nowMs();
  await world.store.runs.setState(context.runId, state, atMs);
  await tellStory(world, context.incidentId, {
    atMs,
    kind: "action",
    text: `run ${context.runId} ${state}: ${why}`,
    key: `${context.runId}/ended`,
    type: "run.ended",
    body: { state, why },
  });
}
