import { setTimeout as sleep } from "node:timers/promises";
import type { Release } from "../release.ts";
import { poolOf } from "./pool.ts";

/** Runs a route's work the way this release does it. */
export type Behave = <T>(pattern: string, work: () => Promise<T>) => Promise<T>;

/** Turns a release's data into what its code would do: errors, slowness, queueing, a crash. */
export function behaveAs(release: Release, random: () => number, crash: (why: string) => void): Behave {
  const queue = release.latencyUnderLoad;
  const lanes = queue === undefined ? undefined : poolOf("worker lanes", queue.lanes, queue.queueMax);
  const isMeant = (pattern: string) => release.routes === undefined || release.routes.includes(pattern);
  let served = 0;
  return async (pattern, work) => {
    served += 1;
    if (release.crashAfterRequests !== undefined && served >= release.crashAfterRequests)
      crash(`out of memory after ${served} requests`);
    if (!isMeant(pattern)) return work();
    if (release.latencyMs !== undefined) await sleep(release.latencyMs * (0.7 + 0.6 * random()));
    if (lanes !== undefined && queue !== undefined) await lanes.run(() => sleep(queue.holdMs * (0.7 + 0.6 * random())));
    if (random() < (release.errorShare ?? 0)) throw new Error(`unexpected state in ${pattern}: value is not iterable`);
    return work();
  };
}
