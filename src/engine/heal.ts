import { digestOf } from "../kernel/digest.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { Decision } from "../loop/decision/decision.ts";
import type { DurableRun, DurableStory } from "../ports/durable.ts";
import { abandonRuns } from "./abandon-runs.ts";
import { wakeTopic } from "./approval.ts";
import { lookAgainMs, type Attempt } from "./attempt.ts";
import { conclude, type Ending } from "./conclude.ts";
import { consider, recordConsidered } from "./consider.ts";
import { move } from "./incident-story.ts";
import { followDecision } from "./follow-decision.ts";
import { recovered, triedBefore } from "./recall.ts";
import { remember } from "./remember.ts";
import type { World } from "./world.ts";

/** Looks at most this often when nothing can be done yet: evidence is still coming in, a restraint holds, acting is not open (I11). */
const looksMax = 500;
/** Evidence gets this many looks to become credible before a person is asked. */
const patience = 14;

/**
 * The story: recall the incident, diagnose, propose, decide, wait for approval, act, verify, undo or resolve. Replayed
 * from its recorded steps after a crash; every line is a durable step or a pure stage.
 */
export function heal(world: World): DurableStory {
  return async (run, input) => {
    const { incidentId, heal: name = incidentId } = input as JsonObject & { incidentId: string; heal?: string };
    const ending = await tell(world, run, incidentId, name).catch((error: unknown) =>
      stuck(world, run, incidentId, name, error),
    );
    return finish(world, run, incidentId, name, ending);
  };
}

async function tell(world: World, run: DurableRun, incidentId: string, name: string): Promise<Ending> {
  // Recorded, because a replay must not turn out differently when the configuration changed meanwhile.
  const attemptsMax = await remember(world, run, `${name}/limits`, async () => world.config().settings.attemptsMax);
  const tried =
    name === incidentId ? [] : await remember(world, run, `${name}/tried`, () => triedBefore(world, incidentId));
  let [attempts, looks] = [0, 0];
  for (let n = 1; n <= looksMax; n++) {
    const result = await attempt(world, run, incidentId, `${name}/${n}`, tried, ++looks);
    if ("ending" in result) return result.ending;
    if (result.tried !== undefined) tried.push(result.tried);
    if (!result.free) [attempts, looks] = [attempts + 1, 0];
    if (attempts >= attemptsMax) return { outcome: "escalated", why: `${attempts} attempts did not help` };
    if (result.waitMs) await run.receive(wakeTopic, result.waitMs);
  }
  return { outcome: "escalated", why: "it was looked at often enough without an end in sight" };
}

/** A defect, or a port that failed for good: nothing more is done, and a person is told what is known. */
async function stuck(world: World, run: DurableRun, incidentId: string, name: string, error: unknown): Promise<Ending> {
  const why = `stuck: ${error instanceof Error ? error.message : String(error)}`;
  await remember(world, run, `${name}/stuck`, () => abandonRuns(world, incidentId, name, why));
  return { outcome: "escalated", why: `${why}; look at what was done before going on by hand` };
}

async function attempt(
  world: World,
  run: DurableRun,
  incidentId: string,
  name: string,
  tried: readonly string[],
  looks: number,
): Promise<Attempt> {
  if (await remember(world, run, `${name}/recall`, () => recovered(world, incidentId)))
    return { ending: { outcome: "stood-down", why: "it recovered by itself" } };
  const { plan, decision, why } = await remember(world, run, `${name}/consider`, () =>
    look(world, incidentId, name, tried),
  );
  if (plan && decision && !plan.runbook.escalates) {
    const [runId, planDigest, decisionDigest] = [name.replace("/", "-"), digestOf(plan), digestOf(decision)];
    return followDecision(world, run, { incidentId, runId, planDigest, decisionDigest }, plan, decision, looks);
  }
  return looks < patience
    ? { again: why, waitMs: lookAgainMs, free: true }
    : { ending: { outcome: "escalated", why: plan && decision ? plan.expected : why } };
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

const finish = async (
  world: World,
  run: DurableRun,
  incidentId: string,
  name: string,
  ending: Ending,
): Promise<Json> => {
  await remember(world, run, `${name}/conclude`, () => conclude(world, incidentId, name, ending));
  return { ...ending };
};
