// A run that meets a stop is held, not given up: it goes on when the stop is lifted, if it still may (E7, I8).
import { stopped } from "../loop/decision/stop.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { RunState } from "../loop/run/run.ts";
import type { DurableRun } from "../ports/durable.ts";
import { wakeTopic } from "./approval.ts";
import { decideOn } from "./consider.ts";
import { move, tellStory } from "./incident-story.ts";
import { recovered } from "./recall.ts";
import { remember } from "./remember.ts";
import type { RunContext, World } from "./world.ts";

/** What is held: acts that bring the plan about, or the ones that take it back. */
export type Phase = "acting" | "rolling-back";

/** `stopped` is for a person; `stale` means that the plan does not hold any more, so what was done of it is to be undone. */
export type Released = { readonly state: "resumed" } | { readonly state: "stopped" | "stale"; readonly why: string };

/** It is woken when a stop is lifted; beside that it looks once a minute, later every five, for a day at most (I11). */
const oftenMs = 60_000;
const oftenLooks = 10;
const seldomMs = 300_000;
const looksMax = 300;

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
  await remember(world, run, `${name}/held`, () => hold(world, context, plan, name, why));
  for (let i = 0; i < looksMax; i++) {
    await run.receive(wakeTopic, i < oftenLooks ? oftenMs : seldomMs);
    const released = await remember(world, run, `${name}/look ${i}`, () => look(world, context, plan, phase));
    if (!released) continue;
    if (released.state === "resumed")
      await remember(world, run, `${name}/resumed`, () => goOn(world, context, phase, name));
    return released;
  }
  return { state: "stopped", why: `${why}; nobody resumed it within a day` };
}

/** What has become of it by now; null while it is held. */
async function look(world: World, context: RunContext, plan: Plan, phase: Phase): Promise<Released | null> {
  const { environment, service, runbook, incidentId } = plan;
  if (await recovered(world, incidentId))
    return { state: "stopped", why: "the incident was over before the stop was lifted" };
  const subject = { environment, service, runbook: runbook.name, incidentId };
  if (stopped(await world.stops(), subject).length > 0) return null;
  if (phase === "rolling-back") return { state: "resumed" };
  if (plan.configCommit !== world.config().commit)
    return { state: "stale", why: "the configuration changed while it was stopped" };
  const { effect } = await decideOn(world, plan, context.runId);
  return effect === "allow" || effect === "ask" ? { state: "resumed" } : null;
}

async function hold(world: World, context: RunContext, plan: Plan, name: string, why: string): Promise<void> {
  const atMs = world.clock.nowMs();
  const { runId, incidentId } = context;
  await world.store.runs.setState(runId, "stopped", atMs);
  const done = (await world.store.runs.run(runId))?.outcomes.filter((o) => o.effect === "applied") ?? [];
  const acts =
    done.length > 0
      ? `done so far: ${done.map((o) => o.key.split("/").slice(1).join("/")).join(", ")}`
      : "nothing was done";
  const text = `run ${runId} is held: ${why}; ${acts}; it goes on when that is resumed`;
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
}

async function goOn(world: World, context: RunContext, phase: Phase, name: string): Promise<void> {
  const state: RunState = phase;
  await world.store.runs.setState(context.runId, state, world.clock.nowMs());
  await move(world, context.incidentId, "diagnosing", "the stop is lifted");
  await move(world, context.incidentId, "remediating", "the run that was held goes on");
  await say(world, context, `${name}/resumed`, "run.resumed", `run ${context.runId} goes on`, { phase });
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
