import type { Incident } from "../loop/incident/incident.ts";
import { connectedIncidents, mayMergeAway, mergeRecord, mergesOf, takeIn } from "../loop/incident/merge-incidents.ts";
import type { Merge } from "../loop/incident/merge-incidents.ts";
import { isLive, transition } from "../loop/incident/transition.ts";
import { wakeTopic } from "./approval.ts";
import { changeIncident, homeostat } from "./desk.ts";
import { topologyOf } from "./gather.ts";
import { healId } from "./operate.ts";
import type { World } from "./world.ts";

/**
 * Joins live incidents that turn out to have one cause (C1): one takes in what the others are about, and these end as
 * `stood-down`. Keeps `live` current. An incident that is stopped by its own id is left out: what is stopped must not go on
 * under another name (I8). Called by one controller at a time; a crash at any point is made good by the next look.
 */
export async function joinIncidents(world: World, live: Map<string, Incident>): Promise<void> {
  for (const [environment, own] of Map.groupBy([...live.values()], (i) => i.environment)) {
    if (own.length < 2) continue;
    const topology = await topologyOf(world, environment);
    const lists = connectedIncidents(
      own.filter((i) => isLive(i.state)),
      topology,
    );
    for (const together of lists) await joinAll(world, await unstopped(world, together), live);
  }
}

async function unstopped(world: World, together: readonly Incident[]): Promise<readonly Incident[]> {
  const stops = await world.stops();
  if (!stops.known) return [];
  const stopped = new Set(stops.entries.flatMap(({ scope }) => (scope.kind === "incident" ? [scope.value] : [])));
  return together.filter((i) => !stopped.has(i.id));
}

async function joinAll(world: World, together: readonly Incident[], live: Map<string, Incident>): Promise<void> {
  if (together.length < 2) return;
  const merges = mergesOf(together, await actedOf(world, together));
  for (const merge of merges) if (!(await join(world, merge, live))) return;
}

/** Ids of those with a run: what it did is to be verified, and perhaps undone, by the heal that began it. */
async function actedOf(world: World, together: readonly Incident[]): Promise<Set<string>> {
  const runs = await Promise.all(together.map((i) => world.store.runs.runsOf(i.id)));
  return new Set(together.filter((_, i) => (runs[i] ?? []).length > 0).map((i) => i.id));
}

/** False when the one that should stay has ended meanwhile. */
async function join(world: World, merge: Merge, live: Map<string, Incident>): Promise<boolean> {
  const from = (await world.store.incidents.get(merge.from))?.incident;
  if (!from || !mayMergeAway(from, new Set())) return true;
  const nowMs = world.clock.nowMs();
  const { services } = world.config();
  // First this, then the end of the other: a crash in between loses nothing.
  const into = await changeIncident(world, merge.into, (i) => (isLive(i.state) ? takeIn(i, from, services, nowMs) : i));
  if (!isLive(into.state)) return false;
  live.set(into.id, into);
  await recordTakenIn(world, merge, from, nowMs);
  const ended = await endMerged(world, merge, nowMs);
  // Its heal began to act just now: it stays, and the next look takes it from there.
  if (isLive(ended.state)) return true;
  live.delete(ended.id);
  await letGo(world, merge, from, nowMs);
  return true;
}

const recordTakenIn = (world: World, merge: Merge, from: Incident, atMs: number): Promise<void> =>
  world.record({
    key: mergeRecord(merge),
    type: "incident.merged",
    atMs,
    actor: homeostat,
    subject: merge.into,
    configCommit: world.config().commit,
    body: {
      from: from.id,
      services: [...from.services],
      findings: from.findings.map((f) => f.id),
      alerts: from.alerts.map((a) => a.fingerprint),
    },
  });

/** Ends it unless its heal has begun to act: whichever writes first, the other sees. */
async function endMerged(world: World, { from, into }: Merge, atMs: number): Promise<Incident> {
  const reason = `merged into ${into}`;
  const ended = await changeIncident(world, from, (incident) => {
    if (!mayMergeAway(incident, new Set())) return incident;
    const moved = transition(incident, "stood-down", homeostat, reason, atMs);
    return moved.ok ? { ...moved.value, mergedInto: into } : incident;
  });
  if (ended.mergedInto !== into) return ended;
  await world.record({
    key: ended.timeline.findLast((e) => e.kind === "state")?.record ?? `${from}/state/merged`,
    type: "incident.transitioned",
    atMs,
    actor: homeostat,
    subject: from,
    configCommit: world.config().commit,
    body: { to: "stood-down", reason },
  });
  return ended;
}

/** Its heal sees that it is over, and ends. Who was told that it needs a person is told where it goes on. */
async function letGo(world: World, { from, into }: Merge, before: Incident, atMs: number): Promise<void> {
  if (before.state !== "escalated")
    return world.durable.send(healId(from), wakeTopic, "merged", `merged/${from}`).catch(() => undefined);
  await world.tell({
    id: `${from}/merged`,
    type: "outcome",
    atMs,
    subject: from,
    text: `${from} (${before.services.slice(0, 5).join(", ")}) is merged into ${into}, which has the same cause`,
    data: { outcome: "stood-down", why: `merged into ${into}`, services: [...before.services] },
  });
}
