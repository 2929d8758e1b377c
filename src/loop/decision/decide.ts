// No effect without a decision that says why (I1). Anything broken, missing or unknown narrows (I7). Stop wins (I8).
import { formatDuration } from "../../kernel/duration.ts";
import { digestOf } from "../../kernel/digest.ts";
import type { Plan } from "../plan/plan.ts";
import type { Service } from "../signal/service.ts";
import type { Ask } from "./ask.ts";
import type { ApprovalWanted, Decision, Reason } from "./decision.ts";
import type { DecisionFacts } from "./decision-facts.ts";
import { restrain } from "./restrain.ts";
import type { RestraintVerdict } from "./restraint-verdict.ts";
import { broken, deny, standing, type Standing } from "./standing.ts";
import { stopped } from "./stop.ts";

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
