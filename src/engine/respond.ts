import type { Finding } from "../loop/detection/finding.ts";
import {
  absorb,
  addChanges,
  changeLookbackMs,
  home,
  openIncident,
  withoutAfterglow,
  type Group,
} from "../loop/incident/correlate.ts";
import type { Incident } from "../loop/incident/incident.ts";
import { isLive } from "../loop/incident/transition.ts";
import type { AlertSignal, ChangeSignal, ControlSignal } from "../loop/signal/signal.ts";
import { wakeTopic } from "./approval.ts";
import { changeIncident, homeostat, move } from "./desk.ts";
import { topologyOf } from "./gather.ts";
import { healId } from "./operate.ts";
import { isQuiet } from "./recall.ts";
import type { World } from "./world.ts";

/** Live incidents looked at in one go, and control signals taken in one go (I11). */
const liveMax = 500;
const claimMax = 500;
const endedMax = 50;

/** What one look of the detectors brought. */
export interface Seen {
  /** Findings that fired, changed or cleared since the last look. */
  readonly changed: readonly Finding[];
  /** Findings that agree well enough to be worth an incident. */
  readonly groups: readonly Group[];
}

/**
 * Turns what was seen into incidents: opens, joins, clears, and starts or wakes their heals. Called by one controller at a
 * time; calling it again with the same is harmless.
 */
export async function respond(world: World, seen: Seen): Promise<void> {
  await recordFindings(world, seen.changed);
  const told = await world.store.inbox.claim(world.controller.id, claimMax);
  const alerts = told.flatMap(({ signal }) => (signal.kind === "alert" ? [signal] : []));
  const live = await world.store.incidents.list({ live: true, limit: liveMax });
  const ended = await world.store.incidents.list({ live: false, limit: endedMax });
  const nowMs = world.clock.nowMs();
  const groups = [...seen.groups.map((g) => withoutAfterglow(g, ended, nowMs)), ...alertGroups(alerts)];
  for (const group of groups) live.push(...(await place(world, group, live)));
  for (const incident of live)
    await follow(
      world,
      incident,
      seen.changed,
      changesOf(
        told.map((t) => t.signal),
        incident.environment,
      ),
    );
  await world.store.inbox.done(told.map((t) => t.id));
}

const changesOf = (signals: readonly ControlSignal[], environment: string): ChangeSignal[] =>
  signals.flatMap((s) => (s.kind === "change" && s.environment === environment ? [s] : []));

/** An alert is a finding somebody already agreed on when they wrote the rule: it opens an incident by itself (A2). */
const alertGroups = (alerts: readonly AlertSignal[]): Group[] =>
  alerts.map((a) => ({
    environment: a.environment,
    findings: [],
    alerts: [a],
    why: `alert ${a.name} is ${a.status} for ${a.service}`,
  }));

/** Joins a group to the live incident it belongs to, or opens one and starts its heal. Returns a newly opened incident. */
async function place(world: World, group: Group, live: readonly Incident[]): Promise<Incident[]> {
  const { services } = world.config();
  const topology = await topologyOf(world, group.environment);
  const known = home(group, live, topology);
  const nowMs = world.clock.nowMs();
  if (known) {
    await changeIncident(world, known.id, (incident) => absorb(incident, group, services, nowMs));
    return [];
  }
  if (!group.findings.some((f) => f.state === "firing") && !group.alerts.some((a) => a.status === "firing")) return [];
  const changes = await world.store.inbox.changes(group.environment, nowMs - changeLookbackMs);
  const incident = addChanges(openIncident(group, services, nowMs), changes);
  if (await world.store.incidents.save(incident, 0)) await recordOpened(world, incident, group.why);
  await world.durable.start("heal", healId(incident.id), { incidentId: incident.id });
  return [incident];
}

/** Keeps a live incident current: newer findings, new changes, recovery. */
async function follow(
  world: World,
  incident: Incident,
  changed: readonly Finding[],
  changes: readonly ChangeSignal[],
): Promise<void> {
  const { services, settings } = world.config();
  const nowMs = world.clock.nowMs();
  const mine = changed.filter((f) => f.environment === incident.environment && concerns(incident, f));
  const group: Group = { environment: incident.environment, findings: mine, alerts: [], why: "" };
  const now =
    mine.length + changes.length === 0
      ? await current(world, incident)
      : await changeIncident(world, incident.id, (i) =>
          isLive(i.state) ? addChanges(absorb(i, group, services, nowMs), changes) : i,
        );
  if (!isLive(now.state) || !isQuiet(now, nowMs, settings.incidents.quietMs)) return;
  if (now.state === "escalated") await move(world, now.id, "resolved", "nothing is firing any more", homeostat);
  else await world.durable.send(healId(now.id), wakeTopic, "quiet", `quiet/${now.id}/${Math.floor(nowMs / 30_000)}`);
}

const current = async (world: World, incident: Incident): Promise<Incident> =>
  (await world.store.incidents.get(incident.id))?.incident ?? incident;

/** A finding the incident already has, or a new one about a service it is about. */
const concerns = (incident: Incident, f: Finding): boolean =>
  incident.findings.some((k) => k.id === f.id) ||
  (f.state === "firing" &&
    (incident.services.includes(f.service) || (f.edge !== undefined && incident.services.includes(f.edge.to))));

async function recordFindings(world: World, findings: readonly Finding[]): Promise<void> {
  const records = findings.map((f) => ({
    key: `finding/${f.id}/${f.state}/${f.sinceMs}`,
    type: f.state === "firing" ? ("finding.raised" as const) : ("finding.cleared" as const),
    atMs: f.atMs,
    actor: homeostat,
    subject: f.service,
    configCommit: world.config().commit,
    body: { id: f.id, dimension: f.dimension, summary: f.summary, telemetry: f.telemetry, sinceMs: f.sinceMs },
  }));
  if (records.length > 0) await world.record(...records);
}

async function recordOpened(world: World, incident: Incident, why: string): Promise<void> {
  await world.record({
    key: `${incident.id}/state/0`,
    type: "incident.opened",
    atMs: incident.openedAtMs,
    actor: homeostat,
    subject: incident.id,
    configCommit: world.config().commit,
    body: {
      why,
      services: [...incident.services],
      severity: incident.severity,
      findings: incident.findings.map((f) => f.id),
      alerts: incident.alerts.map((a) => a.fingerprint),
    },
  });
}
