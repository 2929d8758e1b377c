import type { Incident } from "../loop/incident/incident.ts";
import type { World } from "./world.ts";

/** Of the incidents that ended, this many that opened last are looked through for those that a person closed (I11). */
const endedMax = 500;

/** Closed incidents, read when they are asked for, at most once: for one look. */
export function closedIncidents(world: World): () => Promise<readonly Incident[]> {
  let read: Promise<readonly Incident[]> | undefined;
  return () => (read ??= readClosed(world));
}

async function readClosed({ store }: World): Promise<readonly Incident[]> {
  const ended = await store.incidents.list({ live: false, limit: endedMax });
  return ended.filter((i) => i.state === "closed");
}
