import type { InboxStore } from "../ports/store.ts";
import type { World } from "./world.ts";

/** Control signals taken in one go, and how often in one look (I11). */
const claimMax = 500;
const claimsMax = 4;
/** So many at once are a storm: more of them are on their way, and are waited for this long each time. */
const stormMin = 20;
const settleMs = 500;

/**
 * The alerts and changes that wait. A storm's come within seconds: while many come, one look waits a little for the rest, for
 * two seconds at most, so that it places them as a whole and not as they happened to come.
 */
export async function takeSignals(world: World): Promise<Awaited<ReturnType<InboxStore["claim"]>>> {
  const { store, controller } = world;
  const told = await store.inbox.claim(controller.id, claimMax);
  for (let last = told.length, claims = 1; last >= stormMin && claims < claimsMax; claims++) {
    if (last < claimMax) await world.pause(settleMs);
    const more = await store.inbox.claim(controller.id, claimMax);
    told.push(...more);
    last = more.length;
  }
  return told;
}
