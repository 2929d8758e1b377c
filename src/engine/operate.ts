import { randomUUID } from "node:crypto";
import { digestOf, type Digest } from "../kernel/digest.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { mayAnswer } from "../loop/decision/approve.ts";
import type { StopEntry, StopScope } from "../loop/decision/decision.ts";
import { mayOperate } from "../loop/decision/operate.ts";
import { formatStopScope } from "../loop/decision/stop.ts";
import type { ApprovalRequest } from "../ports/store.ts";
import { wakeTopic } from "./approval.ts";
import { consider } from "./consider.ts";
import { tellStory } from "./desk.ts";
import type { Caller, IncidentView, PlanPreview, Refusal } from "./operations.ts";
import type { World } from "./world.ts";

/** Live incidents woken at once; the rest looks by itself within a minute (I11). */
const wakesMax = 500;

export const healId = (incidentId: string): string => `heal-${incidentId}`;

const refuse = (code: Refusal["code"], message: string, reasons: readonly string[] = []): Result<never, Refusal> =>
  err({ code, message, reasons });

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
  return {
    incident: found.incident,
    diagnosis: diagnosis ?? null,
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

/** Records a person's answer and wakes the run that waits for it (E6). */
export async function answerApproval(
  world: World,
  caller: Caller,
  prefix: string,
  answer: "approve" | "deny",
  comment?: string,
): Promise<Result<ApprovalRequest, Refusal>> {
  const digest = await findDigest(world, prefix);
  if (!digest.ok) return digest;
  const request = await world.store.approvals.get(digest.value);
  const plan = await world.store.runs.plan(digest.value);
  if (!request || !plan)
    return refuse("not-found", `nobody asked for approval of \`${prefix}\`; see \`homeostat status\``);
  const incident = (await world.store.incidents.get(request.incidentId))?.incident;
  const involved = (incident?.changes ?? []).flatMap((c) => (c.service === plan.service && c.actor ? [c.actor] : []));
  const judged = mayAnswer(request, caller, plan, world.config().ask, world.clock.nowMs(), { answer, involved });
  if (!judged.ok) return judged;
  const given = await world.store.approvals.answer({ ...judged.value, ...(comment ? { comment } : {}) });
  if (!given) return refuse("stale", "the approval is no longer open: look at the incident again");
  await tellStory(world, request.incidentId, {
    atMs: judged.value.atMs,
    kind: "approval",
    actor: { kind: "person", name: caller.name },
    text: `${answer === "approve" ? "approved" : "denied"} plan ${digest.value.slice(7, 19)}${comment ? `: ${comment}` : ""}`,
    key: `${request.runId}/answer/${digestOf(caller.name).slice(7, 19)}`,
    type: "approval.answered",
    body: { planDigest: digest.value, answer },
  });
  await world.durable.send(healId(request.incidentId), wakeTopic, "answered", `answer/${request.runId}/${caller.name}`);
  return ok(given);
}

async function findDigest(world: World, prefix: string): Promise<Result<Digest, Refusal>> {
  const hex = prefix.replace(/^sha256:/, "");
  if (!/^[0-9a-f]{12,64}$/.test(hex))
    return refuse("invalid", `\`${prefix}\` is no plan digest: give at least its first 12 hex digits`);
  if (hex.length === 64) return ok<Digest>(`sha256:${hex}`);
  const hits = (await world.store.approvals.open())
    .map((a) => a.planDigest)
    .filter((d) => d.startsWith(`sha256:${hex}`));
  const [only] = new Set(hits);
  if (!only) return refuse("not-found", `no open approval begins with \`${prefix}\`; see \`homeostat status\``);
  return new Set(hits).size > 1
    ? refuse("invalid", `more than one open approval begins with \`${prefix}\`: give more digits`)
    : ok(only);
}

/** Stops a scope: recorded, durable, read before every effect from now on (E7, I8). */
export async function stopScope(
  world: World,
  caller: Caller,
  scope: StopScope,
  reason: string,
): Promise<Result<StopEntry, Refusal>> {
  const may = mayOperate(caller, scope, "stop", world.config().ask, world.clock.nowMs());
  if (!may.ok) return may;
  const entry: StopEntry = { scope, by: caller.name, reason, atMs: world.clock.nowMs() };
  // The stop itself comes first: it must hold even when the audit log cannot be written.
  await world.store.stops.set(entry);
  await recordStop(world, caller, "stop.set", scope, reason);
  return ok(entry);
}

export async function liftScope(world: World, caller: Caller, scope: StopScope): Promise<Result<StopScope, Refusal>> {
  const may = mayOperate(caller, scope, "resume", world.config().ask, world.clock.nowMs());
  if (!may.ok) return may;
  await recordStop(world, caller, "stop.lifted", scope, "");
  if (!(await world.store.stops.lift(scope)))
    return refuse("not-found", `\`${formatStopScope(scope)}\` is not stopped; see \`homeostat status\``);
  await wakeHeals(world, `resume/${randomUUID()}`);
  return ok(scope);
}

/** Has every heal that waits look again now: what may be done has changed. */
export async function wakeHeals(world: World, messageId: string): Promise<void> {
  const live = await world.store.incidents.list({ live: true, limit: wakesMax });
  for (const { id, state } of live) {
    if (state !== "escalated")
      await world.durable.send(healId(id), wakeTopic, "look", `${messageId}/${id}`).catch(() => undefined);
  }
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
