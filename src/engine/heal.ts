import { digestOf } from "../kernel/digest.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { Decision } from "../loop/decision/decision.ts";
import type { DurableRun, DurableStory } from "../ports/durable.ts";
import { awaitApproval, wakeTopic } from "./approval.ts";
import type { Attempt } from "./attempt.ts";
import { conclude, type Ending } from "./conclude.ts";
import { consider, recordConsidered } from "./consider.ts";
import { move } from "./desk.ts";
import { carryOut } from "./carry-out.ts";
import { recovered } from "./recall.ts";
import { remember } from "./remember.ts";
import type { RunContext, World } from "./world.ts";

/** Looks at most this often when nothing can be done yet: evidence is still coming in, a restraint holds, acting is not open (I11). */
const looksMax = 500;
/** Evidence gets this many looks to become credible before a person is asked. */
const patience = 14;
const lookAgainMs = 5_000;
const observeAgainMs = 60_000;

/**
 * The story: recall the incident, diagnose, propose, decide, wait for approval, act, verify, undo or resolve. Replayed
 * from its recorded steps after a crash; every line is a durable step or a pure stage.
 */
export function heal(world: World): DurableStory {
  return async (run, input) => {
    const { incidentId } = input as JsonObject & { incidentId: string };
    const ending = await tell(world, run, incidentId).catch((error: unknown) => stuck(error));
    return finish(world, run, incidentId, ending);
  };
}

async function tell(world: World, run: DurableRun, incidentId: string): Promise<Ending> {
  // Recorded, because a replay must not turn out differently when the configuration changed meanwhile.
  const attemptsMax = await remember(
    world,
    run,
    `${incidentId}/limits`,
    async () => world.config().settings.attemptsMax,
  );
  const tried: string[] = [];
  let [attempts, looks] = [0, 0];
  for (let n = 1; n <= looksMax; n++) {
    const result = await attempt(world, run, incidentId, n, tried, ++looks);
    if ("ending" in result) return result.ending;
    if (result.tried !== undefined) tried.push(result.tried);
    if (!result.free) [attempts, looks] = [attempts + 1, 0];
    if (attempts >= attemptsMax) return { outcome: "escalated", why: `${attempts} attempts did not help` };
    if (result.waitMs) await run.receive(wakeTopic, result.waitMs);
  }
  return { outcome: "escalated", why: "it was looked at often enough without an end in sight" };
}

/** A defect, or a port that failed for good: nothing more is done, and a person is told what is known. */
const stuck = (error: unknown): Ending => ({
  outcome: "escalated",
  why: `stuck: ${error instanceof Error ? error.message : String(error)}; look at what was done before going on by hand`,
});

async function attempt(
  world: World,
  run: DurableRun,
  incidentId: string,
  n: number,
  tried: readonly string[],
  looks: number,
): Promise<Attempt> {
  const name = `${incidentId}/${n}`;
  if (await remember(world, run, `${name}/recall`, () => recovered(world, incidentId)))
    return { ending: { outcome: "stood-down", why: "it recovered by itself" } };
  const { plan, decision, why } = await remember(world, run, `${name}/consider`, () =>
    look(world, incidentId, name, tried),
  );
  if (!plan || !decision)
    return looks < patience
      ? { again: why, waitMs: lookAgainMs, free: true }
      : { ending: { outcome: "escalated", why } };
  if (plan.runbook.escalates)
    return looks < patience
      ? { again: why, waitMs: lookAgainMs, free: true }
      : { ending: { outcome: "escalated", why: plan.expected } };
  return followDecision(
    world,
    run,
    {
      incidentId,
      runId: `${incidentId}-${n}`,
      attempt: n,
      planDigest: digestOf(plan),
      decisionDigest: digestOf(decision),
    },
    plan,
    decision,
    looks,
  );
}

async function look(
  world: World,
  incidentId: string,
  name: string,
  tried: readonly string[],
): Promise<{ plan: Plan | null; decision: Decision | null; why: string }> {
  const incident = await move(world, incidentId, "diagnosing", "looking for the cause");
  const considered = await consider(world, incident, tried);
  await recordConsidered(world, incidentId, name, considered);
  return { plan: considered.plan, decision: considered.decision, why: considered.why };
}

async function followDecision(
  world: World,
  run: DurableRun,
  context: RunContext,
  plan: Plan,
  decision: Decision,
  looks: number,
): Promise<Attempt> {
  const why = decision.reasons.map((r) => r.text).join("; ");
  switch (decision.effect) {
    case "allow":
      return carryOut(world, run, context, plan);
    case "ask": {
      const { answer, why: said } = await awaitApproval(world, run, context, plan, decision);
      if (answer === "approved") return carryOut(world, run, context, plan);
      if (answer === "recovered") return { ending: { outcome: "stood-down", why: said } };
      return { ending: { outcome: "escalated", why: said } };
    }
    case "observe":
      return watchOn(why, looks);
    case "defer":
      return {
        again: why,
        waitMs: Math.max(1_000, Math.min(decision.retryAfterMs ?? observeAgainMs, 3_600_000)),
        free: true,
      };
    case "deny":
      // A stop is lifted again one day: until then it is only observed, and nothing is given up.
      if (decision.reasons.some((r) => r.source === "stop")) return watchOn(why, looks);
      return looks < 3 ? { again: why, waitMs: lookAgainMs, free: true } : { ending: { outcome: "escalated", why } };
  }
}

/** Nothing may be done for now: looks again when woken or after a while, for a day at most. */
const watchOn = (why: string, looks: number): Attempt =>
  looks * observeAgainMs < 24 * 3_600_000
    ? { again: why, waitMs: observeAgainMs, free: true }
    : { ending: { outcome: "escalated", why } };

const finish = (world: World, run: DurableRun, incidentId: string, ending: Ending): Promise<Json> =>
  remember(world, run, `${incidentId}/conclude`, () => conclude(world, incidentId, ending)).then(() => ({ ...ending }));
