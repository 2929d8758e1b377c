import { runOutcome } from "../loop/run/run-outcome.ts";
import { tellStory } from "./incident-story.ts";
import { targetName, type World } from "./world.ts";

/**
 * Ends, as `stuck`, the runs of a heal that nobody works on any more: one that seems at work for ever would keep others from its
 * service and its environment. What they did stays as it is, for a person. Calling it again is harmless.
 */
export async function abandonRuns(world: World, incidentId: string, heal: string, why: string): Promise<void> {
  const atMs = world.clock.nowMs();
  for (const run of await world.store.runs.runsOf(incidentId)) {
    if (!run.id.startsWith(`${heal}-`) || runOutcome(run.state) !== "running") continue;
    await world.store.runs.setState(run.id, "stuck", atMs);
    await tellStory(world, incidentId, {
      atMs,
      kind: "action",
      text: `run ${run.id} stuck: ${why}`,
      key: `${run.id}/ended`,
      type: "run.ended",
      body: { state: "stuck", why },
    });
    const plan = await world.store.runs.plan(run.planDigest);
    if (plan) await world.releaseTarget(targetName(plan.environment, plan.service), run.id);
  }
}
