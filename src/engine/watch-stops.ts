import type { StopState } from "../loop/decision/decision.ts";
import { formatStopScope } from "../loop/decision/stop.ts";
import { wakeHeals } from "./operate.ts";
import type { World } from "./world.ts";

/** What is stopped, as names; undefined when that cannot be read, which stops everything. */
type Known = ReadonlySet<string> | undefined;

const namesOf = (state: StopState): Known =>
  state.known ? new Set(state.entries.map((e) => formatStopScope(e.scope))) : undefined;

/** Something is not stopped any more that was. */
export const wasLifted = (before: Known, now: Known): boolean =>
  now !== undefined && (before === undefined || [...before].some((scope) => !now.has(scope)));

/**
 * Has heals look again when a stop was lifted, by whatever way: a command, another controller, a stop file that was taken
 * away by hand. Only for their patience: each of them reads the stops itself before it acts (I8).
 */
export function createStopWatch(world: World): () => Promise<void> {
  let before: Known = new Set();
  return async () => {
    const now = namesOf(await world.stops());
    const lifted = wasLifted(before, now);
    before = now;
    if (lifted) await wakeHeals(world, `lifted/${world.controller.id}/${world.clock.nowMs()}`);
  };
}
