import type { World } from "./world.ts";

/**
 * Whether the incident came to its end by other hands than its heal's: a person closed it, or it was merged into another.
 * Whoever ended it told so, and why; its heal has nothing to add.
 */
export async function endedElsewhere(world: World, incidentId: string): Promise<boolean> {
  const incident = (await world.store.incidents.get(incidentId))?.incident;
  return incident?.state === "closed" || incident?.mergedInto !== undefined;
}
