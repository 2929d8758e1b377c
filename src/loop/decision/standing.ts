import { parseDurationMs } from "../../kernel/duration.ts";
import type { Plan } from "../plan/plan.ts";
import type { Service } from "../signal/service.ts";
import type { Ask, PolicyAnswer } from "./ask.ts";
import { askSafely } from "./ask-safely.ts";
import type { ApprovalWanted, Decision, Reason } from "./decision.ts";
import type { DecisionFacts } from "./decision-facts.ts";
import { actQuestion } from "./policy-questions.ts";

/** What policy alone says, before restraints. `approval` is what a person's yes would need, should one be asked. */
export interface Standing {
  readonly effect: Decision["effect"];
  readonly reasons: readonly Reason[];
  readonly errors: readonly string[];
  readonly approval?: ApprovalWanted;
  readonly retryAfterMs?: number;
}

export const deny = (reasons: readonly Reason[], errors: readonly string[] = []): Standing => ({
  effect: "deny",
  reasons,
  errors,
});

export const broken = (errors: readonly string[]): Reason => ({
  source: "mode",
  name: "error",
  text: `${errors.length} errors while deciding: nothing is permitted until they are gone`,
});

function policyReasons(answer: PolicyAnswer): Reason[] {
  const verb = answer.allowed ? "permits" : "forbids";
  return answer.policies.map((name) => {
    const why = answer.reasons?.[name];
    return { source: "policy", name, text: why === undefined ? unexplained(verb, name, answer) : `${verb}: ${why}` };
  });
}

/** Without a reason to repeat, where the policy stands is the best answer to why. */
function unexplained(verb: string, name: string, { files }: PolicyAnswer): string {
  const file = files?.[name];
  return `policy \`${name}\`${file === undefined ? "" : ` in \`${file}\``} ${verb} it, without an \`@reason\``;
}

/** Reads the annotations of the determining permits. Defaults: one person, any role, the settings' expiry, which policy may only shorten. */
function approvalWanted(answer: PolicyAnswer, expiresInMaxMs: number): ApprovalWanted | string {
  const { quorum = "1", roles = "", expires } = answer.annotations;
  const expiresInMs = expires === undefined ? expiresInMaxMs : parseDurationMs(expires);
  if (!/^[1-9]\d?$/.test(quorum)) return `annotation \`@quorum("${quorum}")\` is not a number from 1 to 99`;
  if (expiresInMs === undefined)
    return `annotation \`@expires("${String(expires)}")\` is not a duration such as \`30m\``;
  const names = roles.split(",").map((role) => role.trim());
  return {
    quorum: Number(quorum),
    roles: names.filter((role) => role !== "").toSorted(),
    expiresInMs: Math.min(expiresInMs, expiresInMaxMs),
  };
}

const observing = (plan: Plan): Reason => ({
  source: "mode",
  name: "observe",
  text: `no policy permits runbook \`${plan.runbook.name}\` to act on service \`${plan.service}\` in environment \`${plan.environment}\`: observing only`,
});

/** Policy's say: allow alone, ask with approval, nothing permits (observe), or forbidden. */
export function standing(plan: Plan, service: Service, facts: DecisionFacts, ask: Ask, nowMs: number): Standing {
  const alone = askSafely(ask, actQuestion("act", plan, service, facts, nowMs));
  const approved = askSafely(ask, actQuestion("act-with-approval", plan, service, facts, nowMs));
  const errors = [...new Set([...alone.errors, ...approved.errors])];
  if (errors.length > 0) return deny([broken(errors)], errors);

  const forbidden = [alone, approved].flatMap((answer) => (answer.allowed ? [] : policyReasons(answer)));
  const wanted = approvalWanted(approved, facts.approvalExpiresInMs);
  if (typeof wanted === "string") return deny([broken([wanted])], [wanted]);
  if (alone.allowed && approved.policies.length > 0 && !approved.allowed) return deny(forbidden);
  if (alone.allowed) return { effect: "allow", reasons: policyReasons(alone), errors, approval: wanted };
  if (approved.allowed)
    return { effect: "ask", reasons: [...policyReasons(approved), ...forbidden], errors, approval: wanted };
  return forbidden.length > 0 ? deny(forbidden) : { effect: "observe", reasons: [observing(plan)], errors };
}
