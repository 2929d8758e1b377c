// Approvals (E6): bound to one plan digest, expiring, one answer a person, not by oneself, and only whom policy permits.
import { digestOf, type Digest } from "../../kernel/digest.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Plan } from "../plan/plan.ts";
import type { Ask } from "./ask.ts";
import { askSafely } from "./ask-safely.ts";
import type { ApprovalAnswer, ApprovalWanted } from "./decision.ts";
import { approveQuestion, type Identity } from "./policy-questions.ts";

/** What is asked of people, as far as judging answers needs it; the store's request is one. */
export interface AskedApproval {
  readonly planDigest: Digest;
  readonly wanted: ApprovalWanted;
  readonly expiresAtMs: number;
  readonly state: "open" | "approved" | "denied" | "expired" | "consumed";
  readonly answers: readonly ApprovalAnswer[];
}

/** Why an answer is not taken. `stale`: too late, or another plan. `message` says what to do. */
export interface AnswerRefusal {
  readonly code: "denied" | "invalid" | "stale";
  readonly message: string;
  readonly reasons: readonly string[];
}

export interface AnswerOptions {
  /** `approve` unless said otherwise. */
  readonly answer?: ApprovalAnswer["answer"];
  /** People who asked for the run or made the change it is about: none of them approves it (four eyes). */
  readonly involved?: readonly string[];
  /** The person who asked for the run, when a person did; policies see it. Counts as involved. */
  readonly requestedBy?: string;
}

const refuse = (
  code: AnswerRefusal["code"],
  message: string,
  reasons: readonly string[] = [],
): Result<never, AnswerRefusal> => err({ code, message, reasons });

/** `Ann` and `ann` are one person: otherwise four eyes would be two. */
const samePerson = (a: string, b: string): boolean =>
  a.normalize("NFKC").trim().toLowerCase() === b.normalize("NFKC").trim().toLowerCase();

function staleness(request: AskedApproval, plan: Plan, nowMs: number): string | undefined {
  if (digestOf(plan) !== request.planDigest)
    return `the plan is not the one that was asked about (\`${request.planDigest}\`): look at the incident again`;
  const state = approvalState(request, nowMs);
  if (state === "expired") return "the approval expired: a new one is asked for if the plan still stands";
  return state === "open" ? undefined : `the approval is already ${state}: nothing more to answer`;
}

function unfit(request: AskedApproval, caller: Identity, options: AnswerOptions): string | undefined {
  const { answer = "approve", involved = [], requestedBy } = options;
  if (caller.kind !== "person")
    return `\`${caller.name}\` is a machine, and only people answer approvals: log in as a person`;
  if (request.answers.some((given) => samePerson(given.by, caller.name)))
    return `\`${caller.name}\` has answered already: another person has to`;
  const own = [...involved, ...(requestedBy === undefined ? [] : [requestedBy])].some((name) =>
    samePerson(name, caller.name),
  );
  if (answer === "approve" && own)
    return `\`${caller.name}\` asked for this run or made the change it is about: another person has to approve`;
  const { roles } = request.wanted;
  if (roles.length > 0 && !caller.roles.some((role) => roles.includes(role)))
    return `\`${caller.name}\` has none of the roles asked for: ${roles.map((role) => `\`${role}\``).join(", ")}`;
  return undefined;
}

/**
 * Whether this caller's answer to this request is taken now; the answer to record when it is. Pure. The caller is
 * authenticated by whoever calls. Two answers of one person at the same moment are the store's to refuse (one per person).
 */
export function mayAnswer(
  request: AskedApproval,
  caller: Identity,
  plan: Plan,
  ask: Ask,
  nowMs: number,
  options: AnswerOptions = {},
): Result<ApprovalAnswer, AnswerRefusal> {
  const { answer = "approve", requestedBy } = options;
  const stale = staleness(request, plan, nowMs);
  if (stale !== undefined) return refuse("stale", stale);
  const why = unfit(request, caller, options);
  if (why !== undefined) return refuse("denied", why);
  const policy = askSafely(ask, approveQuestion(caller, plan, request.planDigest, answer, nowMs, requestedBy));
  if (policy.errors.length > 0)
    return refuse("denied", "the policies met errors, so nobody is permitted: see `homeostat check`", policy.errors);
  if (!policy.allowed) {
    const by = policy.policies.length === 0 ? "no policy permits" : "a policy forbids";
    return refuse(
      "denied",
      `${by} \`${caller.name}\` to ${answer} this plan: ask somebody whom the policies permit`,
      policy.policies,
    );
  }
  return ok({ answer, planDigest: request.planDigest, by: caller.name, roles: [...caller.roles], atMs: nowMs });
}

/** Distinct people whose yes to exactly this plan came in time. */
function approvers(request: AskedApproval): number {
  const names = request.answers
    .filter(
      (given) =>
        given.answer === "approve" && given.planDigest === request.planDigest && given.atMs < request.expiresAtMs,
    )
    .map((given) => given.by.normalize("NFKC").trim().toLowerCase());
  return new Set(names).size;
}

/**
 * The state of a request at a time, from its answers: one no denies; the quorum approves; what was approved and not used in
 * time expires too. States that ended (`denied`, `expired`, `consumed`) stay. The stored `approved` is never believed without the answers.
 */
export function approvalState(request: AskedApproval, nowMs: number): AskedApproval["state"] {
  if (request.state === "denied" || request.state === "expired" || request.state === "consumed") return request.state;
  if (request.answers.some((given) => given.answer === "deny" && given.planDigest === request.planDigest))
    return "denied";
  if (!(nowMs < request.expiresAtMs)) return "expired";
  return approvers(request) >= request.wanted.quorum ? "approved" : "open";
}
