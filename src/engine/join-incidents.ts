import type { AuditRecord } from "../loop/audit/record.ts";
import type { Incident } from "../loop/incident/incident.ts";
import { connectedIncidents, mayMergeAway, mergeRecord, mergesOf, takeIn } from "../loop/incident/merge-incidents.ts";
import type { Merge } from "../loop/incident/merge-incidents.ts";
import { isLive, transition } from "../loop/incident/transition.ts";
import { wakeTopic } from "./approval.ts";
import { changeIncident, homeostat, recordState } from "./incident-story.ts";
import { topologyOf } from "./gather.ts";
import { healId } from "./start-heal.ts";
import type { World } from "./world.ts";

type Entry = Omit<AuditRecord, "v">;

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

/** Incidents merged in one look, and those written side by side (I11). */
const mergesMax = 200;
const atOnce = 8;

async function joinAll(world: World, together: readonly Incident[], live: Map<string, Incident>): Promise<void> {
  // As they are now: their heals went on since the look began.
  const now = (await side(together, ({ id }) => world.store.incidents.get(id))).flatMap((f) => (f ? [f.incident] : []));
  const merges = mergesOf(now, await actedOf(world, now)).slice(0, mergesMax);
  const [first] = merges;
  if (!first) return;
  const away = new Set(merges.map((m) => m.from));
  const others = now.filter((i) => away.has(i.id));
  const nowMs = world.clock.nowMs();
  // First this, then the end of the others: a crash in between loses nothing.
  const into = await takeAllIn(world, first.into, others, nowMs);
  if (!isLive(into.state)) return;
  live.set(into.id, into);
  for (const id of await endAll(world, into.id, others, nowMs)) live.delete(id);
}

/** Ids of those with a run: what it did is to be verified, and perhaps undone, by the heal that began it. */
async function actedOf(world: World, together: readonly Incident[]): Promise<Set<string>> {
  const begun = together.filter((i) => i.state !== "open");
  const acted = await side(begun, async ({ id }) => ((await world.store.runs.runsOf(id)).length > 0 ? [id] : []));
  return new Set(acted.flat());
}

async function takeAllIn(world: World, id: string, others: readonly Incident[], atMs: number): Promise<Incident> {
  const { services } = world.config();
  const into = await changeIncident(world, id, (incident) =>
    isLive(incident.state) ? others.reduce((i, from) => takeIn(i, from, services, atMs), incident) : incident,
  );
  if (isLive(into.state))
    await world.record(...others.map((from) => takenIn(world, { from: from.id, into: id }, from, atMs)));
  return into;
}

const takenIn = (world: World, merge: Merge, from: Incident, atMs: number): Entry => ({
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

/** Ids of those that ended. One whose heal began to act just now stays, and the next look takes it from there. */
async function endAll(world: World, into: string, others: readonly Incident[], atMs: number): Promise<string[]> {
  const seen = await side(others, (from) => endMerged(world, { from: from.id, into }, atMs));
  const ended = seen.filter((i) => i.mergedInto === into);
  await recordState(world, ...ended);
  const before = new Map(others.map((i) => [i.id, i]));
  await side(ended, (i) => letGo(world, { from: i.id, into }, before.get(i.id) ?? i, atMs));
  return seen.filter((i) => !isLive(i.state)).map((i) => i.id);
}

/** Ends it unless its heal has begun to act: whichever writes first, the other sees. */
const endMerged = (world: World, { from, into }: Merge, atMs: number): Promise<Incident> =>
  changeIncident(world, from, (incident) => {
    if (!mayMergeAway(incident, new Set())) return incident;
    const moved = transition(incident, "stood-down", homeostat, `merged into ${into}`, atMs);
    return moved.ok ? { ...moved.value, mergedInto: into } : incident;
  });

/** Does the same for all, some at a time: more would only wait for the database. */
async function side<T, R>(all: readonly T[], act: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let i = 0; i < all.length; i += atOnce) done.push(...(await Promise.all(all.slice(i, i + atOnce).map(act))));
  return done;
}

/** Its heal sees that it is over, and ends. Who was told that it needs a person is told where it goes on. */
async function letGo(world: World, { from, into }: Merge, before: Incident, atMs: number): Promise<void> {
  if (before.state !== "escalated")
    return world.durable.send(healId(before), wakeTopic, "merged", `merged/${from}`).catch(() => undefined);
  await world.tell({
    id: `${from}/merged`,
    type: "outcome",
    atMs,
    subject: from,
    text: `${from} (${before.services.slice(0, 5).join(", ")}) is merged into ${into}, which has the same cause`,
    data: { outcome: "stood-down", why: `merged into ${into}`, services: [...before.services] },
  });
}
