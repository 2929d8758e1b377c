import type { Incident } from "../loop/incident/incident.ts";
import { healName } from "../loop/incident/heal-again.ts";
import { abandonRuns } from "./abandon-runs.ts";
import { move } from "./incident-story.ts";
import { healId, startHeal } from "./start-heal.ts";
import type { World } from "./world.ts";

/** A heal that just ended is about to say so; one that is about to begin was not started yet. */
const settleMs = 120_000;
const liveMax = 500;

/**
 * Live incidents that nobody heals: where the heal was never started it is started, where it failed for good people are told.
 * Otherwise they would stay open in silence, and take in whatever happens near them.
 */
export async function findUnhealed(world: World): Promise<void> {
  const nowMs = world.clock.nowMs();
  const live = await world.store.incidents.list({ live: true, limit: liveMax });
  const still = live.filter((i) => i.state !== "escalated" && nowMs - i.updatedAtMs > settleMs);
  if (still.length === 0) return;
  const pending = new Set((await world.durable.list({ state: "pending" })).map((r) => r.id));
  for (const incident of still) if (!pending.has(healId(incident))) await heal(world, incident);
}

async function heal(world: World, incident: Incident): Promise<void> {
  const run = await world.durable.get(healId(incident));
  if (run?.state === "pending") return;
  if (!run && incident.state === "open") return startHeal(world, incident);
  const why = `its heal ended without a word${run?.state === "failed" ? `: ${run.error}` : ""}; look at what was done before going on by hand`;
  await abandonRuns(world, incident.id, healName(incident), why);
  const { state } = await move(world, incident.id, "escalated", why);
  if (state !== "escalated") return;
  await world.tell({
    id: `${healName(incident)}/unhealed`,
    type: "escalation",
    atMs: world.clock.nowMs(),
    subject: incident.id,
    text: `${incident.id} (${incident.services.slice(0, 5).join(", ")}): ${why}`,
    data: { why, severity: incident.severity, services: [...incident.services] },
  });
}
