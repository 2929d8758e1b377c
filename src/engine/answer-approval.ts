import type { Digest } from "../kernel/digest.ts";
import { ok, type Result } from "../kernel/result.ts";
import { mayAnswer } from "../loop/decision/approve.ts";
import type { ApprovalRequest } from "../ports/store.ts";
import { wakeTopic } from "./approval.ts";
import { tellAnswers } from "./tell-answers.ts";
import { refuse } from "./operate.ts";
import type { Caller, Refusal } from "./operations.ts";
import { healId } from "./start-heal.ts";
import type { World } from "./world.ts";

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
  await tellAnswers(world, given);
  const asker = healId(incident ?? { id: request.incidentId });
  await world.durable.send(asker, wakeTopic, "answered", `answer/${request.runId}/${caller.name}`);
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
  if (!only)
    return refuse(
      "not-found",
      `no approval that begins with \`${prefix}\` is open: \`homeostat status\` lists those that are, and \`homeostat incident show\` tells whether it was answered, used or expired`,
    );
  return new Set(hits).size > 1
    ? refuse("invalid", `more than one open approval begins with \`${prefix}\`: give more digits`)
    : ok(only);
}
