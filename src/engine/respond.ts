import type { Finding } from "../loop/detection/finding.ts";
import { withoutAfterglow } from "../loop/incident/afterglow.ts";
import { absorb, addChanges, type Group } from "../loop/incident/correlate.ts";
import type { Incident } from "../loop/incident/incident.ts";
import { isLive } from "../loop/incident/transition.ts";
import type { ChangeSignal } from "../loop/signal/signal.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import { createApart } from "./apart.ts";
import { wakeTopic } from "./approval.ts";
import { changeIncident, homeostat, move } from "./incident-story.ts";
import { closedIncidents } from "./closed-incidents.ts";
import { joinIncidents } from "./join-incidents.ts";
import { healId } from "./start-heal.ts";
import { place, placeAlerts, type Board } from "./place.ts";
import { isQuiet } from "./recall.ts";
import { takeSignals } from "./take-signals.ts";
import type { World } from "./world.ts";

/** Live incidents looked at in one go, and of those that ended the ones that opened last (I11). */
const liveMax = 500;
const endedMax = 300;

/** What one look of the detectors brought. */
export interface Seen {
  /** Findings that fired, changed or cleared since the last look. */
  readonly changed: readonly Finding[];
  /** Findings that agree well enough to be worth an incident. */
  readonly groups: readonly Group[];
}

/**
 * Turns what was seen into incidents: opens, joins, merges, clears, and starts or wakes their heals. Called by one controller at a
 * time; calling it again with the same is harmless. A mistake about one group or incident is thrown once all others were seen to, and its
 * signals come again.
 */
export async function respond(world: World, seen: Seen): Promise<void> {
  await recordFindings(world, seen.changed);
  const told = await takeSignals(world);
  const alerts = told.flatMap(({ signal }) => (signal.kind === "alert" ? [signal] : []));
  const live = await world.store.incidents.list({ live: true, limit: liveMax });
  const ended = seen.groups.length === 0 ? [] : await world.store.incidents.list({ live: false, limit: endedMax });
  const nowMs = world.clock.nowMs();
  const board: Board = { live: new Map(live.map((i) => [i.id, i])), closed: closedIncidents(world) };
  const apart = createApart();
  for (const group of seen.groups)
    await apart.try(group.why, () => place(world, withoutAfterglow(group, ended, nowMs), board));
  const unplaced = await placeAlerts(world, alerts, board, apart);
  await apart.try("joining incidents", () => joinIncidents(world, board.live));
  const changes = told.flatMap(({ signal }) => (signal.kind === "change" ? [signal] : []));
  for (const incident of board.live.values()) {
    const own = changes.filter((c) => c.environment === incident.environment);
    await apart.try(incident.id, () => follow(world, incident, seen.changed, own));
  }
  const done = told.filter(({ signal }) => signal.kind !== "alert" || !unplaced.has(signal));
  await world.store.inbox.done(done.map((t) => t.id));
  apart.end();
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
  else await tellQuiet(world, now, nowMs);
}

/** Its heal ends it. One that failed for good and is forgotten cannot any more, and must not keep the others waiting. */
async function tellQuiet(world: World, incident: Incident, nowMs: number): Promise<void> {
  const messageId = `quiet/${incident.id}/${Math.floor(nowMs / 30_000)}`;
  await world.durable.send(healId(incident), wakeTopic, "quiet", messageId).catch(async (error: unknown) => {
    if (!(error instanceof AdapterError) || error.code !== "unknown-run") throw error;
    await move(world, incident.id, "stood-down", "nothing is firing any more, and its heal is gone", homeostat);
  });
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
