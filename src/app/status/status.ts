import { access } from "node:fs/promises";
import type { NotifierSpec } from "../../ports/config.ts";
import type { ComponentStatus, OpenApproval, StatusReport } from "../../engine/operations.ts";
import type { World } from "../../engine/world.ts";
import { diskStatus } from "../archive/disk-room.ts";
import type { OwnDatabase } from "../foundation.ts";
import type { Loop } from "../sight/watch-loop.ts";
import { version } from "./version.ts";

export interface StatusParts {
  readonly world: World;
  readonly ownDatabase: OwnDatabase | undefined;
  readonly loops: () => Readonly<Record<string, Loop>>;
  readonly careProblems: () => readonly string[];
  readonly clockTrouble: () => string | undefined;
  readonly undelivered: () => readonly string[];
  readonly counters: () => Readonly<Record<string, number>>;
  /** Parts that tell themselves how they are. */
  readonly parts: () => readonly ComponentStatus[];
}

/** A loop that did not end well for this long is failing. */
const staleMs = 30_000;

/** How Homeostat itself is. Never throws: what cannot be read is what the status says. */
export async function statusOf(parts: StatusParts): Promise<StatusReport> {
  const { world, ownDatabase } = parts;
  // At once: each may have to find out for itself that the database does not answer.
  const [database, stops, controller, disk] = await Promise.all([
    attempt(() => readCounts(world)),
    world.stops(),
    controllerStatus(world),
    diskStatus(ownDatabase?.dataDir),
  ]);
  const components = [
    databaseStatus(database.ok ? undefined : database.error, ownDatabase),
    ...disk,
    stops.known ? well("stop state") : failed("stop state", `${stops.why}; nothing acts`),
    controller,
    careStatus(parts.careProblems(), world.config().services.length),
    clockStatus(parts.clockTrouble()),
    ...loopStatus(parts.loops()),
    ...parts.parts(),
    ...(await notifierStatus(world.config().notifiers, parts.undelivered())),
  ];
  return {
    state: components.some((c) => c.state === "failed")
      ? "failed"
      : components.some((c) => c.state === "degraded")
        ? "degraded"
        : "ok",
    version,
    controller: world.controller.id,
    configCommit: world.config().commit,
    components,
    stops: stops.known ? stops.entries : [],
    liveIncidents: database.ok ? database.value.live.length : 0,
    openApprovals: database.ok ? database.value.approvals : [],
    counters: {
      ...parts.counters(),
      ...(ownDatabase ? { databaseRestarts: ownDatabase.restarts() } : {}),
      ...(database.ok ? { controlSignalsWaiting: database.value.pending, auditRecords: database.value.audit } : {}),
    },
  };
}

const readCounts = async (world: World) => ({
  live: await world.store.incidents.list({ live: true, limit: 500 }),
  approvals: await openApprovals(world),
  pending: await world.store.inbox.pending(),
  audit: await world.store.audit.size(),
});

/** Approvals whose plan is read for the status (I11). */
const shownMax = 50;

async function openApprovals({ store }: World): Promise<OpenApproval[]> {
  const open = await store.approvals.open();
  const plans = await Promise.all(open.slice(0, shownMax).map((a) => store.runs.plan(a.planDigest)));
  return open.map((approval, i) => {
    const plan = plans[i];
    if (!plan) return approval;
    return { ...approval, plan: { runbook: plan.runbook.name, service: plan.service, environment: plan.environment } };
  });
}

const well = (name: string, detail = ""): ComponentStatus => ({ name, state: "ok", detail });
const failed = (name: string, detail: string): ComponentStatus => ({ name, state: "failed", detail });

function databaseStatus(error: string | undefined, own: OwnDatabase | undefined): ComponentStatus {
  if (error !== undefined) return failed("database", [own?.trouble(), error].filter(Boolean).join("; "));
  const restarts = own?.restarts() ?? 0;
  return well("database", restarts > 0 ? `it ended by itself and was started again, ${restarts} times by now` : "");
}

async function controllerStatus(world: World): Promise<ComponentStatus> {
  const current = await attempt(() => world.controller.current());
  if (current.ok && current.value) return well("controller");
  return failed("controller", current.ok ? "its lease is lost; it does not act" : current.error);
}

const clockStatus = (trouble: string | undefined): ComponentStatus =>
  trouble === undefined ? well("clock") : { name: "clock", state: "degraded", detail: trouble };

const careStatus = (problems: readonly string[], services: number): ComponentStatus =>
  problems.length === 0
    ? well("care repo", `${services} services`)
    : {
        name: "care repo",
        state: "degraded",
        detail: `a change was refused, the last good one is active: ${problems.slice(0, 3).join("; ")}`,
      };

const loopStatus = (loops: Readonly<Record<string, Loop>>): ComponentStatus[] =>
  Object.entries(loops).map(([name, loop]) => {
    const error = loop.lastError();
    const silentMs = Date.now() - loop.lastWellMs();
    const late = silentMs > loop.everyMs + staleMs;
    if (error === undefined && !late) return well(name);
    const detail = error ?? `it has not come to an end for ${Math.round(silentMs / 1_000)} s`;
    return { name, state: late ? "failed" : "degraded", detail };
  });

/** Notifications that got lost, and notifiers whose secret is not there: whoever waits for word must learn that none will come. */
async function notifierStatus(
  notifiers: readonly NotifierSpec[],
  undelivered: readonly string[],
): Promise<ComponentStatus[]> {
  const dumb = await Promise.all(
    notifiers.map(async ({ name, secretRef }) =>
      secretRef && !(await secretThere(secretRef)) ? [`${name} has no secret at \`${secretRef}\``] : [],
    ),
  );
  const troubles = [...dumb.flat(), ...undelivered.slice(-3)];
  if (troubles.length > 0) return [{ name: "notifiers", state: "degraded", detail: troubles.join("; ") }];
  return notifiers.length > 0 ? [well("notifiers")] : [];
}

async function secretThere(ref: string): Promise<boolean> {
  const name = ref.slice(ref.indexOf(":") + 1);
  if (ref.startsWith("env:")) return Boolean(process.env[name]);
  return access(name).then(
    () => true,
    () => false,
  );
}

async function attempt<T>(work: () => Promise<T>): Promise<{ ok: true; value: T } | { ok: false; error: string }> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}
