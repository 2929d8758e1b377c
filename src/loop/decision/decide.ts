// No effect without a decision that says why (I1). Anything broken, missing or unknown narrows (I7). Stop wins (I8).
import { formatDuration, parseDurationMs } from "../../kernel/duration.ts";
import { digestOf } from "../../kernel/digest.ts";
import type { Plan } from "../plan/plan.ts";
import type { Service } from "../signal/service.ts";
import type { Ask, PolicyAnswer } from "./ask.ts";
import { askSafely } from "./ask-safely.ts";
import type { ApprovalWanted, Decision, Reason } from "./decision.ts";
import type { DecisionFacts } from "./decision-facts.ts";
import { actQuestion } from "./policy-questions.ts";
import { restrain } from "./restrain.ts";
import type { RestraintVerdict } from "./restraint-verdict.ts";
import { stopped } from "./stop.ts";

type Effect = Decision["effect"];

/** What policy alone says, before restraints. `approval` is what a person's yes would need, should one be asked. */
interface Standing {
  readonly effect: Effect;
  readonly reasons: readonly Reason[];
  readonly errors: readonly string[];
  readonly approval?: ApprovalWanted;
  readonly retryAfterMs?: number;
}

const deny = (reasons: readonly Reason[], errors: readonly string[] = []): Standing => ({
  effect: "deny",
  reasons,
  errors,
});

const broken = (errors: readonly string[]): Reason => ({
  source: "mode",
  name: "error",
  text: `${errors.length} errors while deciding: nothing is permitted until they are gone`,
});

function policyReasons(answer: PolicyAnswer): Reason[] {
  return answer.policies.map((name) => {
    const why = answer.reasons?.[name];
    return {
      source: "policy",
      name,
      text: `${answer.allowed ? "permits" : "forbids"}${why === undefined ? "" : `: ${why}`}`,
    };
  });
}

/** Plans and facts that do not fit together are not judged further. */
function mismatches(plan: Plan, service: Service): string[] {
  const wrongService =
    service.name === plan.service
      ? []
      : [`the facts are of service \`${service.name}\`, the plan is for \`${plan.service}\``];
  const wrongPlace =
    service.environment === plan.environment
      ? []
      : [
          `service \`${service.name}\` is declared in environment \`${service.environment}\`, the plan is for \`${plan.environment}\``,
        ];
  const elsewhere = plan.steps.filter((step) => step.service !== plan.service);
  return [
    ...wrongService,
    ...wrongPlace,
    ...elsewhere.map(
      (step) => `step \`${step.id}\` acts on service \`${step.service}\`, only \`${plan.service}\` is decided on`,
    ),
  ];
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
function standing(plan: Plan, service: Service, facts: DecisionFacts, ask: Ask, nowMs: number): Standing {
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

/** The narrowest restraint wins over what policy permits; none of them ever widens. */
function restrained(before: Standing, verdicts: readonly RestraintVerdict[]): Standing {
  const reasons: Reason[] = [
    ...before.reasons,
    ...verdicts.map(({ name, text }): Reason => ({ source: "restraint", name, text })),
  ];
  const says = (effect: RestraintVerdict["effect"]) => verdicts.some((verdict) => verdict.effect === effect);
  if (says("deny")) return deny(reasons);
  if (says("defer"))
    return {
      effect: "defer",
      reasons,
      errors: [],
      retryAfterMs: Math.max(...verdicts.map((verdict) => verdict.retryAfterMs ?? 0)),
    };
  return { ...before, effect: says("ask") ? "ask" : before.effect, reasons };
}

function judge(plan: Plan, facts: DecisionFacts, ask: Ask, nowMs: number): Standing {
  const stops = stopped(facts.stop, {
    environment: plan.environment,
    service: plan.service,
    runbook: plan.runbook.name,
    incidentId: plan.incidentId,
  });
  if (stops.length > 0) return deny(stops);
  // Telling a person is no effect on a target: it needs no policy. A plan that has steps is not only telling.
  if (plan.runbook.escalates && plan.steps.length === 0) {
    return {
      effect: "allow",
      reasons: [{ source: "mode", name: "escalate", text: "telling a person touches nothing" }],
      errors: [],
    };
  }
  const { service } = facts;
  if (service === undefined) {
    return deny([
      {
        source: "mode",
        name: "unknown-service",
        text: `service \`${plan.service}\` is not declared in the care repo: declare it before anything may act on it`,
      },
    ]);
  }
  const errors = mismatches(plan, service);
  if (errors.length > 0) return deny([broken(errors)], errors);
  const policy = standing(plan, service, facts, ask, nowMs);
  if (policy.effect === "deny" || policy.effect === "observe") return policy;
  return restrained(policy, restrain(plan, service, facts, nowMs));
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byReason = (a: Reason, b: Reason): number =>
  byText(a.source, b.source) || byText(a.name, b.name) || byText(a.text, b.text);

function sortedReasons(reasons: readonly Reason[]): Reason[] {
  const distinct = new Map(
    reasons.map((reason) => [JSON.stringify([reason.source, reason.name, reason.text]), reason]),
  );
  return [...distinct.values()].toSorted(byReason);
}

const approvalText = (wanted: ApprovalWanted): string =>
  `${wanted.quorum} ${wanted.quorum === 1 ? "person" : "people"}${wanted.roles.length === 0 ? "" : ` of role ${wanted.roles.join(" or ")}`} within ${formatDuration(wanted.expiresInMs)}`;

/**
 * Decides what may be done with a plan now. Pure: the same plan, facts, policies and time give the same decision, in
 * whatever order policies and facts come. Never throws for anything the policies do: an error denies (I7).
 */
export function decide(plan: Plan, facts: DecisionFacts, ask: Ask, nowMs: number): Decision {
  const { effect, reasons, errors, approval, retryAfterMs } = judge(plan, facts, ask, nowMs);
  const asked: Reason[] =
    effect === "ask" && approval !== undefined
      ? [{ source: "mode", name: "approval", text: `wanted from ${approvalText(approval)}` }]
      : [];
  return {
    effect,
    planDigest: digestOf(plan),
    configCommit: plan.configCommit,
    reasons: sortedReasons([...reasons, ...asked]),
    errors: errors.toSorted(byText),
    ...(effect === "ask" && approval !== undefined ? { approval } : {}),
    ...(effect === "defer" && retryAfterMs !== undefined ? { retryAfterMs } : {}),
    atMs: nowMs,
  };
}
