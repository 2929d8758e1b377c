// Stateful restraint (E3): beside policy, never instead of it. Each holds on its own; together the narrowest wins.
import { formatDuration } from "../../kernel/duration.ts";
import type { Plan } from "../plan/plan.ts";
import type { Service } from "../signal/service.ts";
import type { DecisionFacts } from "./decision-facts.ts";
import { restrainBlastRadius, restrainMinHealthy } from "./restrain-instances.ts";
import { restrainBreaker, restrainConcurrency, restrainCooldown, restrainRate } from "./restrain-history.ts";
import type { RestraintVerdict } from "./restraint-verdict.ts";

/** The freeze windows that hold now in an environment. A freeze that names no environment holds in all. */
export const holdingFreezes = (
  facts: DecisionFacts,
  environment: string,
  nowMs: number,
): DecisionFacts["restraints"]["freezes"] =>
  facts.restraints.freezes.filter(
    (freeze) =>
      freeze.fromMs <= nowMs &&
      nowMs < freeze.toMs &&
      (freeze.environments.length === 0 || freeze.environments.includes(environment)),
  );

/** Freeze windows: nothing changes until they end. */
export function restrainFreeze(plan: Plan, facts: DecisionFacts, nowMs: number): RestraintVerdict[] {
  return holdingFreezes(facts, plan.environment, nowMs).map((freeze) => ({
    effect: "defer",
    name: "freeze",
    text: `environment \`${plan.environment}\` is frozen for another ${formatDuration(freeze.toMs - nowMs)}: ${freeze.reason}`,
    retryAfterMs: freeze.toMs - nowMs,
  }));
}

/** So many live incidents at once are one big thing, or our own doing: a person looks first. */
export function restrainStorm(plan: Plan, facts: DecisionFacts): RestraintVerdict[] {
  if (facts.liveIncidents < facts.restraints.stormAt) return [];
  const text = `${facts.liveIncidents} live incidents in environment \`${plan.environment}\`, storm from ${facts.restraints.stormAt} on: a person is asked`;
  return [{ effect: "ask", name: "storm", text }];
}

/** Evidence: confident enough for this runbook, and able to see what an act does. Written so that NaN is not enough (I7). */
export function restrainEvidence(plan: Plan, facts: DecisionFacts): RestraintVerdict[] {
  const doubt =
    plan.confidence >= facts.confidenceMin
      ? []
      : [`confidence ${plan.confidence} is under ${facts.confidenceMin}, which runbook \`${plan.runbook.name}\` wants`];
  const blind = facts.telemetryKnown
    ? []
    : [`telemetry of \`${plan.service}\` is missing or stale, so the effect of an act could not be seen`];
  return [...doubt, ...blind].map((text) => ({ effect: "deny", name: "evidence", text }));
}

/** All restraints that hold for a plan now, and notes. Empty when none does. */
export function restrain(
  plan: Plan,
  service: Service,
  facts: DecisionFacts,
  nowMs: number,
): readonly RestraintVerdict[] {
  return [
    ...restrainEvidence(plan, facts),
    ...restrainBreaker(plan, facts, nowMs),
    ...restrainBlastRadius(plan, service, facts.restraints.blastRadiusMax),
    ...restrainMinHealthy(plan, service, facts),
    ...restrainFreeze(plan, facts, nowMs),
    ...restrainCooldown(plan, facts, nowMs),
    ...restrainRate(plan, facts, nowMs),
    ...restrainConcurrency(plan, facts),
    ...restrainStorm(plan, facts),
  ];
}
