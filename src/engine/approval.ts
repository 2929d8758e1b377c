import type { Digest } from "../kernel/digest.ts";
import type { Decision } from "../loop/decision/decision.ts";
import { approvalState } from "../loop/decision/approve.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { DurableRun } from "../ports/durable.ts";
import { move, tellStory } from "./incident-story.ts";
import { remember } from "./remember.ts";
import { recovered } from "./recall.ts";
import { tellAnswers } from "./tell-answers.ts";
import type { RunContext, World } from "./world.ts";

export interface Answered {
  readonly answer: "approved" | "denied" | "expired" | "recovered";
  readonly why: string;
}

/** The topic a heal is woken on: an approval came in, the incident recovered. What it says is read from the store, not from the message. */
export const wakeTopic = "wake";
/** Even without being woken, it looks this often. */
const lookEveryMs = 30_000;
const looksMax = 10_000;

/** Asks people and waits, durably, until they answered, it expired or the incident ended by itself (E6, G1). */
export async function awaitApproval(
  world: World,
  run: DurableRun,
  context: RunContext,
  plan: Plan,
  decision: Decision,
): Promise<Answered> {
  const wanted = decision.approval ?? {
    quorum: 1,
    roles: [],
    expiresInMs: world.config().settings.approvalExpiresInMs,
  };
  const expiresAtMs = (await run.now()) + wanted.expiresInMs;
  await remember(world, run, `${context.runId}/ask`, () => ask(world, context, plan, wanted, expiresAtMs));
  for (let i = 0; i < looksMax; i++) {
    const answered = await remember(world, run, `${context.runId}/answer ${i}`, () => look(world, context));
    if (answered) return answered;
    await run.receive(wakeTopic, lookEveryMs);
  }
  return { answer: "expired", why: "nobody answered in time" };
}

async function ask(
  world: World,
  context: RunContext,
  plan: Plan,
  wanted: NonNullable<Decision["approval"]>,
  expiresAtMs: number,
): Promise<void> {
  const atMs = world.clock.nowMs();
  const { planDigest, incidentId, runId } = context;
  await world.store.approvals.request({
    planDigest,
    incidentId,
    runId,
    wanted,
    requestedAtMs: atMs,
    expiresAtMs,
    state: "open",
    answers: [],
  });
  const who = `${wanted.quorum} ${wanted.quorum === 1 ? "person" : "people"}${wanted.roles.length > 0 ? ` of ${wanted.roles.join(", ")}` : ""}`;
  const text = `approval wanted of ${who} for plan ${planDigest.slice(7, 19)}: ${plan.runbook.name} on ${plan.service}`;
  await tellStory(world, incidentId, {
    atMs,
    kind: "approval",
    text,
    key: `${runId}/approval-requested`,
    type: "approval.requested",
    body: { planDigest, quorum: wanted.quorum, roles: [...wanted.roles], expiresAtMs },
  });
  await move(world, incidentId, "awaiting-approval", text);
  await world.tell({
    id: `${runId}/approval-wanted`,
    type: "approval-wanted",
    atMs,
    subject: incidentId,
    text,
    data: { planDigest, runbook: plan.runbook.name, service: plan.service, expected: plan.expected, expiresAtMs },
  });
}

/** What has become of the request by now; null while it waits. Names of people stay out: these texts are recorded as they are. */
async function look(world: World, context: RunContext): Promise<Answered | null> {
  const { approvals } = world.store;
  const request = await approvals.get(context.planDigest);
  if (!request) return { answer: "expired", why: "the request for approval is gone" };
  await tellAnswers(world, request);
  const nowMs = world.clock.nowMs();
  switch (approvalState(request, nowMs)) {
    case "denied": {
      const comment = request.answers.find((a) => a.answer === "deny")?.comment;
      return { answer: "denied", why: `a person denied it${comment ? `: ${comment}` : ""}` };
    }
    case "expired":
      return expire(world, context.planDigest, context.runId);
    case "approved":
      await approvals.setState(context.planDigest, context.runId, "approved");
      return use(world, context, request.answers.length, nowMs);
    case "consumed":
      return use(world, context, request.answers.length, nowMs);
    case "open":
      break;
  }
  if (!(await recovered(world, context.incidentId))) return null;
  await approvals.setState(context.planDigest, context.runId, "expired");
  return { answer: "recovered", why: "it recovered while approval was awaited" };
}

/** Uses an approval up: it works once, for this run (E6). */
async function use(world: World, context: RunContext, answers: number, nowMs: number): Promise<Answered> {
  const mine = await world.store.approvals.consume(context.planDigest, context.runId, nowMs);
  if (!mine) return { answer: "expired", why: "the approval was already used" };
  return { answer: "approved", why: `approved by ${answers} ${answers === 1 ? "person" : "people"}` };
}

async function expire(world: World, planDigest: Digest, runId: string): Promise<Answered> {
  await world.store.approvals.setState(planDigest, runId, "expired");
  return { answer: "expired", why: "nobody approved in time" };
}
