import { afterglowMs, attended } from "../loop/incident/afterglow.ts";
import { connectAlerts } from "../loop/incident/connect-alerts.ts";
import { absorb, addChanges, changeLookbackMs, openIncident, type Group } from "../loop/incident/correlate.ts";
import { anotherLook } from "../loop/incident/heal-again.ts";
import { home } from "../loop/incident/home.ts";
import type { Incident } from "../loop/incident/incident.ts";
import { isLive } from "../loop/incident/transition.ts";
import type { AlertSignal } from "../loop/signal/signal.ts";
import type { Apart } from "./apart.ts";
import { changeIncident, recordState } from "./incident-story.ts";
import { topologyOf } from "./gather.ts";
import { healAgain, startHeal } from "./start-heal.ts";
import type { World } from "./world.ts";

/** Incidents opened side by side: more would only wait for the audit log's one writer. */
const openedAtOnce = 8;

/** What groups are placed among: kept current while they are. */
export interface Board {
  readonly live: Map<string, Incident>;
  /** Incidents a person closed; read when something would open, and once for all of one look. */
  readonly closed: () => Promise<readonly Incident[]>;
}

/**
 * Alerts that came in together and are connected are one group, so that a storm is placed as a whole. Groups of one look
 * are not next to each other, so those that open an incident do not wait for one another; those that join one do. Gives those that
 * could not be placed.
 */
export async function placeAlerts(
  world: World,
  alerts: readonly AlertSignal[],
  board: Board,
  apart: Apart,
): Promise<Set<AlertSignal>> {
  const unplaced = new Set<AlertSignal>();
  const placeApart = async (group: Group): Promise<void> => {
    const isPlaced = await apart.try(group.why, () => place(world, group, board));
    if (!isPlaced) for (const alert of group.alerts) unplaced.add(alert);
  };
  for (const [environment, told] of Map.groupBy(alerts, (a) => a.environment)) {
    const topology = await topologyOf(world, environment);
    const live = [...board.live.values()];
    const groups = connectAlerts(told, topology).map(alertGroup);
    const homes = Map.groupBy(groups, (g) => home(g, live, topology)?.id);
    const lone = homes.get(undefined) ?? [];
    for (let i = 0; i < lone.length; i += openedAtOnce)
      await Promise.all(lone.slice(i, i + openedAtOnce).map(placeApart));
    homes.delete(undefined);
    for (const joining of homes.values()) await placeApart(alertGroup(joining.flatMap((g) => g.alerts)));
  }
  return unplaced;
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
export async function place(world: World, group: Group, board: Board): Promise<void> {
  const { services } = world.config();
  const topology = await topologyOf(world, group.environment);
  const known = home(group, [...board.live.values()], topology);
  if (!known) return open(world, group, board);
  const nowMs = world.clock.nowMs();
  const joined = await changeIncident(world, known.id, (incident) => absorb(incident, group, services, nowMs));
  const again = anotherLook(joined, group);
  board.live.set(joined.id, again === undefined ? joined : await healAgain(world, joined, again));
  // Whoever opened it may have ended before its heal began.
  await startFirst(world, joined);
}

async function open(world: World, group: Group, board: Board): Promise<void> {
  if (!group.findings.some((f) => f.state === "firing") && !group.alerts.some((a) => a.status === "firing")) return;
  if (attended(group, await board.closed())) return;
  const incident = await openOrFind(world, group);
  if (!incident || !isLive(incident.state)) return;
  await startFirst(world, incident);
  board.live.set(incident.id, incident);
}

/** Incidents that the very same findings and alerts opened one after another (I11). */
const againMax = 100;

/**
 * A new incident, or the live one that the same findings and alerts opened already. Where that ended a while ago and they fire
 * on all the same, it is a new one: nobody would hear of it otherwise.
 */
async function openOrFind(world: World, group: Group): Promise<Incident | undefined> {
  const nowMs = world.clock.nowMs();
  const changes = await world.store.inbox.changes(group.environment, nowMs - changeLookbackMs);
  let afterMs: number | undefined;
  for (let i = 0; i < againMax; i++) {
    const made = addChanges(openIncident(group, world.config().services, nowMs, afterMs), changes);
    if (await world.store.incidents.save(made, 0)) {
      await recordState(world, made);
      return made;
    }
    const known = await currentOf(world, made.id);
    if (!known || isLive(known.state) || known.state === "closed") return known;
    afterMs = known.endedAtMs ?? nowMs;
    if (nowMs - afterMs < afterglowMs) return undefined;
  }
  return undefined;
}

/** An incident as it goes on: the one it was merged into, if it was. */
async function currentOf(world: World, id: string): Promise<Incident | undefined> {
  const found = (await world.store.incidents.get(id))?.incident;
  return found?.mergedInto === undefined ? found : (await world.store.incidents.get(found.mergedInto))?.incident;
}

/**
 * An incident is healed from its opening on: the id of the run says that once is enough as long as the run is kept, and
 * afterwards the incident's state does. One that moved on, or ended, is never healed anew because its alerts are sent again.
 */
async function startFirst(world: World, incident: Incident): Promise<void> {
  if (incident.state === "open") await startHeal(world, incident);
}
