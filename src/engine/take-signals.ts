import type { InboxStore } from "../ports/store.ts";
import type { World } from "./world.ts";

/** Control signals taken in one look: what they open has to be done before others take the look's turn (I11). */
const claimMax = 1_000;
/** So many at once are a storm: more of them are on their way, and are waited for this long, this often. */
const stormMin = 20;
const settleMs = 500;
const settlesMax = 3;

/**
 * The alerts and changes that wait. A storm's come within seconds: while many come, one look waits a little for the rest, so that
 * it places them as a whole and not as they happened to come.
 */
export async function takeSignals(world: World): Promise<Awaited<ReturnType<InboxStore["claim"]>>> {
  const claim = (limit: number) => world.store.inbox.claim(world.controller.id, limit);
  const told = await claim(claimMax);
  let last = told.length;
  for (let i = 0; i < settlesMax && last >= stormMin && told.length < claimMax; i++) {
    await world.pause(settleMs);
    const more = await claim(claimMax - told.length);
    told.push(...more);
    last = more.length;
  }
  return told;
}
