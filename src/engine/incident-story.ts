import { bug } from "../kernel/assert.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { AuditRecord, RecordType } from "../loop/audit/record.ts";
import type { Actor, Incident, IncidentState, TimelineEntry } from "../loop/incident/incident.ts";
import { note, transition } from "../loop/incident/transition.ts";
import type { World } from "./world.ts";

export const homeostat: Actor = { kind: "homeostat", name: "homeostat" };

/** Concurrent writers (the watch, the heal, a person) retry against each other at most this often (I11). */
const conflictsMax = 20;

/** Changes an incident whoever else is changing it: reads, applies, writes if nobody was faster, else again. */
export async function changeIncident(
  world: World,
  id: string,
  change: (incident: Incident) => Incident,
): Promise<Incident> {
  for (let i = 0; i < conflictsMax; i++) {
    const found = await world.store.incidents.get(id);
    if (!found) return bug(`incident ${id} is not in the store`);
    const changed = change(found.incident);
    if (changed === found.incident || (await world.store.incidents.save(changed, found.version))) return changed;
  }
  return bug(`incident ${id} could not be written: ${conflictsMax} conflicts in a row`);
}

/** Puts a line on the timeline and the same fact into the audit log, under one key. */
export async function tellStory(
  world: World,
  incidentId: string,
  line: Omit<TimelineEntry, "record" | "actor"> & { actor?: Actor; key: string; type: RecordType; body: JsonObject },
): Promise<void> {
  const { key, type, body, actor = homeostat, ...entry } = line;
  await world.record({
    key,
    type,
    atMs: entry.atMs,
    actor,
    subject: incidentId,
    configCommit: world.config().commit,
    body,
  });
  await changeIncident(world, incidentId, (i) => (saidLast(i, entry) ? i : note(i, { ...entry, actor, record: key })));
}

/** Looking again and finding the same is one line for people; the audit log has every look. */
const saidLast = (
  incident: Incident,
  entry: { readonly kind: TimelineEntry["kind"]; readonly text: string },
): boolean => {
  const repeats = entry.kind === "hypothesis" || entry.kind === "decision" || entry.kind === "note";
  return repeats && incident.timeline.findLast((e) => e.kind === entry.kind)?.text === entry.text;
};

/**
 * Moves an incident on, or leaves it where it is when that step is not legal. The record follows the state: only the state
 * that was really written is one. A crash between the two is made good by `recordStates`.
 */
export async function move(
  world: World,
  incidentId: string,
  to: IncidentState,
  reason: string,
  actor: Actor = homeostat,
): Promise<Incident> {
  const atMs = world.clock.nowMs();
  const incident = await changeIncident(world, incidentId, (i) => {
    const moved = transition(i, to, actor, reason, atMs);
    return moved.ok ? moved.value : i;
  });
  await recordState(world, incident);
  return incident;
}

/** Puts on record that incidents are in their states. */
export const recordState = (world: World, ...incidents: readonly Incident[]): Promise<void> =>
  world.record(...incidents.flatMap((incident) => stateRecords(world, incident).slice(-1)));

const dayMs = 24 * 3_600_000;
const recentMax = 200;

/** Puts on record every state of incidents that moved lately which nobody lived, or managed, to record. Keys make it harmless. */
export async function recordStates(world: World, withinMs = dayMs): Promise<void> {
  const sinceMs = world.clock.nowMs() - withinMs;
  const incidents = await world.store.incidents.list({ limit: recentMax });
  for (const incident of incidents) if (incident.updatedAtMs >= sinceMs) await recordEveryState(world, incident);
}

/** Puts on record every state an incident came to that is not there yet. */
export const recordEveryState = (world: World, incident: Incident): Promise<void> =>
  world.record(...stateRecords(world, incident));

/** One record for each state it came to. */
const stateRecords = (world: World, incident: Incident): StateRecord[] =>
  incident.timeline.flatMap(({ kind, record, actor, text, atMs }): StateRecord[] => {
    if (kind !== "state" || record === undefined) return [];
    const [to = "", ...why] = text.split(": ");
    const told = { to, reason: why.join(": ") };
    const { commit: configCommit } = world.config();
    const base = { key: record, atMs, actor, subject: incident.id, configCommit };
    return to === "open"
      ? [{ ...base, type: "incident.opened" as const, body: openedBody(incident, told.reason) }]
      : [{ ...base, type: "incident.transitioned" as const, body: told }];
  });

type StateRecord = Omit<AuditRecord, "v">;

const openedBody = (incident: Incident, why: string): JsonObject => ({
  why,
  services: [...incident.services],
  severity: incident.severity,
  findings: incident.findings.map((f) => f.id),
  alerts: incident.alerts.map((a) => a.fingerprint),
});
