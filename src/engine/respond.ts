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
import { connectAlerts } from "../loop/incident/connect-alerts.ts";
import { anotherLook } from "../loop/incident/heal-again.ts";
import type { Incident } from "../loop/incident/incident.ts";
import { isLive } from "../loop/incident/transition.ts";
import type { AlertSignal, ChangeSignal } from "../loop/signal/signal.ts";
import { wakeTopic } from "./approval.ts";
import { changeIncident, homeostat, move, recordState } from "./desk.ts";
import { topologyOf } from "./gather.ts";
import { healAgain, healId, startHeal } from "./start-heal.ts";
import { isQuiet } from "./recall.ts";
import type { World } from "./world.ts";

/** Live incidents looked at in one go, and control signals taken in one go (I11). */
const liveMax = 500;
const claimMax = 500;
const endedMax = 50;
/** Incidents opened side by side: more would only wait for the audit log's one writer. */
const openedAtOnce = 8;

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
  const board = new Map(live.map((i) => [i.id, i]));
  for (const group of seen.groups) await place(world, withoutAfterglow(group, ended, nowMs), board);
  await placeAlerts(world, alerts, board);
  const changes = told.flatMap(({ signal }) => (signal.kind === "change" ? [signal] : []));
  for (const incident of board.values())
    await follow(
      world,
      incident,
      seen.changed,
      changes.filter((c) => c.environment === incident.environment),
    );
  await world.store.inbox.done(told.map((t) => t.id));
}

/**
 * Alerts that came in together and are connected are one group, so that a storm is placed as a whole. Groups of one look
 * are not next to each other, so those that open an incident do not wait for one another; those that join one do.
 */
async function placeAlerts(world: World, alerts: readonly AlertSignal[], board: Map<string, Incident>): Promise<void> {
  for (const [environment, told] of Map.groupBy(alerts, (a) => a.environment)) {
    const topology = await topologyOf(world, environment);
    const live = [...board.values()];
    const groups = connectAlerts(told, topology).map(alertGroup);
    const homes = Map.groupBy(groups, (g) => home(g, live, topology)?.id);
    const lone = homes.get(undefined) ?? [];
    for (let i = 0; i < lone.length; i += openedAtOnce)
      await Promise.all(lone.slice(i, i + openedAtOnce).map((g) => place(world, g, board)));
    homes.delete(undefined);
    for (const joining of homes.values()) await place(world, alertGroup(joining.flatMap((g) => g.alerts)), board);
  }
}

/** An alert is a finding somebody already agreed on when they wrote the rule: it opens an incident by itself (A2). */
const alertGroup = (alerts: readonly AlertSignal[]): Group => {
  const [first] = alerts;
  const more = alerts.length > 1 ? `, and ${alerts.length - 1} more alerts of services connected with it` : "";
  return {
    environment: first?.environment ?? "",
    findings: [],
    alerts,
    why: `alert ${first?.name} is ${first?.status} for ${first?.service}${more}`,
  };
};

/** Joins a group to the live incident it belongs to, or opens one and starts its heal; keeps the board current. */
async function place(world: World, group: Group, board: Map<string, Incident>): Promise<void> {
  const { services } = world.config();
  const topology = await topologyOf(world, group.environment);
  const known = home(group, [...board.values()], topology);
  const nowMs = world.clock.nowMs();
  if (known) {
    const joined = await changeIncident(world, known.id, (incident) => absorb(incident, group, services, nowMs));
    // Whoever opened it may have ended before its heal began.
    if (joined.state === "open") await startHeal(world, joined);
    const again = anotherLook(joined, group);
    board.set(joined.id, again === undefined ? joined : await healAgain(world, joined, again));
    return;
  }
  if (!group.findings.some((f) => f.state === "firing") && !group.alerts.some((a) => a.status === "firing")) return;
  const changes = await world.store.inbox.changes(group.environment, nowMs - changeLookbackMs);
  const incident = addChanges(openIncident(group, services, nowMs), changes);
  if (await world.store.incidents.save(incident, 0)) await recordState(world, incident);
  await startHeal(world, incident);
  board.set(incident.id, incident);
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
      ? incident
      : await changeIncident(world, incident.id, (i) =>
          isLive(i.state) ? addChanges(absorb(i, group, services, nowMs), changes) : i,
        );
  if (!isLive(now.state) || !isQuiet(now, nowMs, settings.incidents.quietMs)) return;
  if (now.state === "escalated") await move(world, now.id, "resolved", "nothing is firing any more", homeostat);
  else await world.durable.send(healId(now), wakeTopic, "quiet", `quiet/${now.id}/${Math.floor(nowMs / 30_000)}`);
}

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
