// A run that meets a stop is held, not given up: it goes on when the stop is lifted, if it still may (E7, I8).
import { stopped } from "../loop/decision/stop.ts";
import { isLive } from "../loop/incident/transition.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { DurableRun } from "../ports/durable.ts";
import { wakeTopic } from "./approval.ts";
import { decideOn } from "./consider.ts";
import { letsGoOn } from "./lets-go-on.ts";
import { move, tellStory } from "./incident-story.ts";
import { recovered } from "./recall.ts";
import { remember } from "./remember.ts";
import { targetName, type RunContext, type World } from "./world.ts";

/** What is held: acts that bring the plan about, or the ones that take it back. */
export type Phase = "acting" | "rolling-back";

/** `stopped` is for a person; `stale` means that the plan does not hold any more, so what was done of it is to be undone. */
export type Released = { readonly state: "resumed" } | { readonly state: "stopped" | "stale"; readonly why: string };

/** As it was found at one time. `refused`: the stop is lifted, and yet it may not go on for now. */
type Found = Released | { readonly state: "held" | "refused" };

/** It is woken when a stop is lifted; beside that it looks once a minute, later every five, for a day at most (I11). */
const oftenMs = 60_000;
const oftenForMs = 600_000;
const seldomMs = 300_000;
const heldMsMax = 24 * 3_600_000;
const looksMax = 5_000;
/** Where policy or a restraint refuses it for this long, what was done is taken back. */
const refusedMsMax = 600_000;

/** Waits, durably, until the stop that a run met is lifted. Tells people that the run stands in the middle, and when it goes on. */
export async function awaitResume(
  world: World,
  run: DurableRun,
  context: RunContext,
  plan: Plan,
  phase: Phase,
  name: string,
  why: string,
): Promise<Released> {
  const heldAtMs = await remember(world, run, `${name}/held`, () => hold(world, context, plan, name, why));
  // `stoppedMs`: when it was last seen to be stopped.
  let [nowMs, stoppedMs] = [heldAtMs, heldAtMs];
  for (let i = 0; i < looksMax && nowMs - heldAtMs < heldMsMax; i++) {
    await run.receive(wakeTopic, nowMs > stoppedMs || nowMs - heldAtMs < oftenForMs ? oftenMs : seldomMs);
    nowMs = await run.now();
    const refusedForMs = nowMs - stoppedMs;
    const found = await remember(world, run, `${name}/look ${i}`, () =>
      look(world, context, plan, phase, refusedForMs),
    );
    if (found.state === "resumed")
      return remember(world, run, `${name}/resumed`, () => goOn(world, context, phase, name));
    if (found.state === "stopped" || found.state === "stale") return found;
    if (found.state === "held") stoppedMs = nowMs;
  }
  return { state: "stopped", why: `${why}; nobody resumed it within a day` };
}

/** What has become of it by now. The target stays its own meanwhile: it stands half changed (I4). */
async function look(world: World, context: RunContext, plan: Plan, phase: Phase, refusedForMs: number): Promise<Found> {
  const { environment, service, runbook, incidentId } = plan;
  if (await recovered(world, incidentId))
    return { state: "stopped", why: "the incident was over before the stop was lifted" };
  await world.holdTarget(targetName(environment, service), context.runId);
  const subject = { environment, service, runbook: runbook.name, incidentId };
  if (stopped(await world.stops(), subject).length > 0) return { state: "held" };
  if (phase === "rolling-back") return { state: "resumed" };
  if (plan.configCommit !== world.config().commit)
    return { state: "stale", why: "the configuration changed while it was stopped" };
  const decision = await decideOn(world, plan, context.runId);
  if (await letsGoOn(world, context, decision)) return { state: "resumed" };
  const why = decision.reasons.map((r) => r.text).join("; ");
  if (decision.effect === "ask") return { state: "stale", why: `it may only go on with an approval by now: ${why}` };
  return refusedForMs < refusedMsMax
    ? { state: "refused" }
    : { state: "stale", why: `the stop is lifted, but it may not go on: ${why}` };
}

/** Gives when it was held. */
async function hold(world: World, context: RunContext, plan: Plan, name: string, why: string): Promise<number> {
  const atMs = world.clock.nowMs();
  const { runId, incidentId } = context;
  await world.store.runs.setState(runId, "held", atMs);
  const text = `run ${runId} is held: ${why}; ${await doneSoFar(world, runId)}; it goes on when that is resumed`;
  await say(world, context, `${name}/held`, "run.held", text, { why });
  const incident = await move(world, incidentId, "escalated", text);
  await world.tell({
    id: `${name}/held`,
    type: "escalation",
    atMs,
    subject: incidentId,
    text: `${incidentId} (${incident.services.slice(0, 5).join(", ")}): ${text}`,
    data: { why, run: runId, runbook: plan.runbook.name, service: plan.service, severity: incident.severity },
  });
  return atMs;
}

async function doneSoFar(world: World, runId: string): Promise<string> {
  const done = (await world.store.runs.run(runId))?.outcomes.filter((o) => o.effect === "applied") ?? [];
  return done.length === 0
    ? "nothing was done"
    : `done so far: ${done.map((o) => o.key.split("/").slice(1).join("/")).join(", ")}`;
}

/** Whoever closed the incident at this very moment has it: then nothing goes on. */
async function goOn(world: World, context: RunContext, phase: Phase, name: string): Promise<Released> {
  await move(world, context.incidentId, "diagnosing", "the stop is lifted");
  const { state } = await move(world, context.incidentId, "remediating", "the run that was held goes on");
  if (!isLive(state)) return { state: "stopped", why: "the incident was over before it could go on" };
  await world.store.runs.setState(context.runId, phase, world.clock.nowMs());
  await say(world, context, `${name}/resumed`, "run.resumed", `run ${context.runId} goes on`, { phase });
  return { state: "resumed" };
}

const say = (
  world: World,
  { incidentId }: RunContext,
  key: string,
  type: "run.held" | "run.resumed",
  text: string,
  body: { readonly why: string } | { readonly phase: Phase },
): Promise<void> =>
  tellStory(world, incidentId, { atMs: world.clock.nowMs(), kind: "action", text, key, type, body: { ...body } });
