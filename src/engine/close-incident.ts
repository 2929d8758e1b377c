import { ok, type Result } from "../kernel/result.ts";
import { mayOperate } from "../loop/decision/operate.ts";
import { close } from "../loop/incident/close.ts";
import type { Actor, Incident } from "../loop/incident/incident.ts";
import { changeIncident, recordEveryState } from "./incident-story.ts";
import { refuse } from "./operate.ts";
import type { Caller, Refusal } from "./operations.ts";
import type { World } from "./world.ts";

/**
 * Closes an incident in a person's name: they take care of what is left. Recorded and on the timeline. What fired then opens
 * no other incident until it clears and fires again, or something new fires beside it. `reason` is redacted already.
 */
export async function closeIncident(
  world: World,
  caller: Caller,
  id: string,
  reason: string,
): Promise<Result<Incident, Refusal>> {
  const found = await world.store.incidents.get(id);
  if (!found) return refuse("not-found", `there is no incident \`${id}\`; see \`homeostat incidents\``);
  const scope = { kind: "incident", value: id } as const;
  const may = mayOperate(caller, scope, "close", world.config().ask, world.clock.nowMs());
  if (!may.ok) return may;
  const actor: Actor = { kind: caller.kind === "person" ? "person" : "system", name: caller.name };
  const stopped = await isStopped(world, id);
  const atMs = world.clock.nowMs();
  let tried: Result<Incident, string> = ok(found.incident);
  // Its heal may write at the same time: what counts is how the incident is when it is written.
  const closed = await changeIncident(world, id, (incident) => {
    tried = close(incident, actor, reason, atMs, stopped);
    return tried.ok ? tried.value : incident;
  });
  if (!tried.ok) return refuse("stale", tried.error);
  await recordEveryState(world, closed);
  return ok(closed);
}

/** By its own id: what a wider stop covers may go on as soon as that is lifted. Unknown is not stopped (I7). */
async function isStopped(world: World, id: string): Promise<boolean> {
  const stops = await world.stops();
  return stops.known && stops.entries.some(({ scope }) => scope.kind === "incident" && scope.value === id);
}
