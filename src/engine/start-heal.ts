import type { Incident } from "../loop/incident/incident.ts";
import { healName } from "../loop/incident/heal-again.ts";
import { changeIncident, homeostat } from "./incident-story.ts";
import { note } from "../loop/incident/transition.ts";
import type { World } from "./world.ts";

type Named = Pick<Incident, "id" | "heals">;

/** The durable run an incident's heal is: its id deduplicates. */
export const healId = (incident: Named): string => `heal-${healName(incident)}`;

/** Starts the heal of an incident; calling it again is harmless. */
export const startHeal = (world: World, incident: Named): Promise<void> =>
  world.durable.start("heal", healId(incident), { incidentId: incident.id, heal: healName(incident) });

/**
 * Gives an escalated incident another heal, under a name of its own. One whose heal still waits, held by a stop, keeps
 * that. A crash before the start costs one of its heals, nothing more.
 */
export async function healAgain(world: World, incident: Incident, why: string): Promise<Incident> {
  if ((await world.durable.get(healId(incident)))?.state === "pending") return incident;
  const { heals = 1 } = incident;
  const atMs = world.clock.nowMs();
  const next = await changeIncident(world, incident.id, (i) =>
    i.state === "escalated" && (i.heals ?? 1) === heals
      ? note({ ...i, heals: heals + 1 }, { atMs, kind: "note", actor: homeostat, text: `looking again: ${why}` })
      : i,
  );
  if (next.state === "escalated" && next.heals === heals + 1) await startHeal(world, next);
  return next;
}
