import { digestOf } from "../kernel/digest.ts";
import type { Json, JsonObject } from "../kernel/json.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { Decision } from "../loop/decision/decision.ts";
import type { DurableRun, DurableStory } from "../ports/durable.ts";
import { abandonRuns } from "./abandon-runs.ts";
import { wakeTopic } from "./approval.ts";
import { lookAgainMs, type Attempt } from "./attempt.ts";
import { conclude, type Ending } from "./conclude.ts";
import { consider } from "./consider.ts";
import { move } from "./incident-story.ts";
import { followDecision } from "./follow-decision.ts";
import { recovered, triedBefore } from "./recall.ts";
import { essenceOf, recordConsidered } from "./record-considered.ts";
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
  let [attempts, looks, seen] = [0, 0, ""];
  for (let n = 1; n <= looksMax; n++) {
    const result = await attempt(world, run, incidentId, `${name}/${n}`, { tried, looks: ++looks, seen });
    if ("ending" in result) return result.ending;
    seen = (result.free && result.seen) || "";
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

/** What went before this look: what did not help, how many looks in a row, and what the last one saw. */
interface Before {
  readonly tried: readonly string[];
  readonly looks: number;
  readonly seen: string;
}

async function attempt(
  world: World,
  run: DurableRun,
  incidentId: string,
  name: string,
  before: Before,
): Promise<Attempt> {
  if (await remember(world, run, `${name}/recall`, () => recovered(world, incidentId)))
    return { ending: { outcome: "stood-down", why: "it recovered by itself" } };
  const { plan, decision, why, essence } = await remember(world, run, `${name}/consider`, () =>
    look(world, incidentId, name, before),
  );
  if (plan && decision && !plan.runbook.escalates) {
    const [runId, planDigest, decisionDigest] = [name.replace("/", "-"), digestOf(plan), digestOf(decision)];
    const context = { incidentId, runId, planDigest, decisionDigest };
    const followed = await followDecision(world, run, context, plan, decision, before.looks);
    return "ending" in followed ? followed : { ...followed, seen: essence };
  }
  return before.looks < patience
    ? { again: why, waitMs: lookAgainMs, free: true, seen: essence }
    : { ending: { outcome: "escalated", why: plan && decision ? plan.expected : why } };
}

async function look(
  world: World,
  incidentId: string,
  name: string,
  { tried, seen }: Before,
): Promise<{ plan: Plan | null; decision: Decision | null; why: string; essence: string }> {
  const incident = await move(world, incidentId, "diagnosing", "looking for the cause");
  const considered = await consider(world, incident, tried);
  const { plan, decision, why } = considered;
  const essence = essenceOf(considered);
  // What leads to an act is always on record (I1); a look that sees the same and leads to nothing is not told again.
  const leadsOn = plan?.runbook.escalates === false && (decision?.effect === "allow" || decision?.effect === "ask");
  if (leadsOn || essence !== seen) await recordConsidered(world, incidentId, name, considered);
  else await world.store.runs.saveDiagnosis(considered.diagnosis);
  return { plan, decision, why, essence };
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
