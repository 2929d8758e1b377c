import { randomUUID } from "node:crypto";
import { digestOf } from "../kernel/digest.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { StopEntry, StopScope } from "../loop/decision/decision.ts";
import { mayOperate } from "../loop/decision/operate.ts";
import { formatStopScope } from "../loop/decision/stop.ts";
import { wakeTopic } from "./approval.ts";
import { consider } from "./consider.ts";
import type { Caller, IncidentView, PlanPreview, Refusal, SetStop } from "./operations.ts";
import { healId } from "./start-heal.ts";
import { withLateOperations } from "./late-operations.ts";
import type { World } from "./world.ts";

/** Live incidents woken at once; the rest looks by itself within a minute (I11). */
const wakesMax = 500;

export const refuse = (
  code: Refusal["code"],
  message: string,
  reasons: readonly string[] = [],
): Result<never, Refusal> => err({ code, message, reasons });

export async function viewIncident(world: World, id: string): Promise<IncidentView | undefined> {
  const found = await world.store.incidents.get(id);
  if (!found) return undefined;
  const { runs, approvals } = world.store;
  const [diagnosis, decisions, started] = await Promise.all([
    runs.latestDiagnosis(id),
    runs.decisions(id),
    runs.runsOf(id),
  ]);
  const digests = [...new Set([...decisions.map((d) => d.planDigest), ...started.map((r) => r.planDigest)])];
  const plans = await Promise.all(digests.map(async (digest) => ({ digest, plan: await runs.plan(digest) })));
  const asked = await Promise.all(digests.map((d) => approvals.get(d)));
  // What began earlier may have been noticed later: people read it in the order in which it happened.
  const timeline = found.incident.timeline.toSorted((a, b) => a.atMs - b.atMs);
  return {
    incident: { ...found.incident, timeline },
    diagnosis: diagnosis ? withLateOperations(world, found.incident, diagnosis) : null,
    plans: plans.flatMap(({ digest, plan }) => (plan ? [{ digest, plan }] : [])),
    decisions,
    runs: started,
    approvals: asked.filter((a) => a !== undefined),
  };
}

/** Diagnosis, plan and decision as they would be now; nothing is recorded and nothing done (F5). */
export async function previewPlan(world: World, incidentId: string): Promise<Result<PlanPreview, Refusal>> {
  const found = await world.store.incidents.get(incidentId);
  if (!found) return refuse("not-found", `there is no incident \`${incidentId}\`; see \`homeostat incidents\``);
  const { diagnosis, plan, decision, why } = await consider(world, found.incident, []);
  return ok({ incidentId, diagnosis, plan, digest: plan ? digestOf(plan) : null, decision, why });
}

/** Stops a scope: recorded, durable, read before every effect from now on (E7, I8). */
export async function stopScope(
  world: World,
  caller: Caller,
  scope: StopScope,
  reason: string,
): Promise<Result<SetStop, Refusal>> {
  const may = mayOperate(caller, scope, "stop", world.config().ask, world.clock.nowMs());
  if (!may.ok) return may;
  const entry: StopEntry = { scope, by: caller.name, reason, atMs: world.clock.nowMs() };
  // The stop itself comes first: it must hold even when the audit log cannot be written.
  await world.store.stops.set(entry);
  await recordStop(world, caller, "stop.set", scope, reason);
  const unknown = await unknownScope(world, scope);
  return ok(unknown === undefined ? entry : { ...entry, unknown });
}

/** Why a scope stops nothing that is known now: a slip of the pen in an emergency must not pass for a stop. */
async function unknownScope(world: World, { kind, value }: StopScope): Promise<string | undefined> {
  const { services, runbooks } = world.config();
  const known = {
    all: () => true,
    environment: () => services.some((s) => s.environment === value),
    service: () => services.some((s) => s.name === value),
    runbook: () => runbooks.some((r) => r.name === value),
    incident: async () => (await world.store.incidents.get(value).catch(() => undefined)) !== undefined,
  }[kind];
  return (await known()) ? undefined : `no ${kind} \`${value}\` is known`;
}

export async function liftScope(world: World, caller: Caller, scope: StopScope): Promise<Result<StopScope, Refusal>> {
  const may = mayOperate(caller, scope, "resume", world.config().ask, world.clock.nowMs());
  if (!may.ok) return may;
  const name = formatStopScope(scope);
  const there = (await world.store.stops.list()).some((s) => formatStopScope(s.scope) === name);
  // On record before it holds no more: a lift that nobody can prove must not be.
  if (there) await recordStop(world, caller, "stop.lifted", scope, "");
  if (!(await world.store.stops.lift(scope)))
    return refuse("not-found", `\`${name}\` is not stopped; see \`homeostat status\``);
  await wakeHeals(world, `resume/${randomUUID()}`);
  return ok(scope);
}

/** Has every heal that waits look again now: what may be done has changed. */
export async function wakeHeals(world: World, messageId: string): Promise<void> {
  const live = await world.store.incidents.list({ live: true, limit: wakesMax });
  for (const incident of live)
    await world.durable.send(healId(incident), wakeTopic, "look", `${messageId}/${incident.id}`).catch(() => undefined);
}

const recordStop = (
  world: World,
  caller: Caller,
  type: "stop.set" | "stop.lifted",
  scope: StopScope,
  reason: string,
): Promise<void> =>
  world.record({
    key: `${type}/${formatStopScope(scope)}/${randomUUID()}`,
    type,
    atMs: world.clock.nowMs(),
    actor: { kind: caller.kind === "person" ? "person" : "system", name: caller.name },
    subject: formatStopScope(scope),
    configCommit: world.config().commit,
    body: { scope: formatStopScope(scope), reason },
  });
