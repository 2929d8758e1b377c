// Restraints that count earlier and running runs (E3). Bounds are written so that a number that is not one holds (I7).
import { formatDuration } from "../../kernel/duration.ts";
import type { Plan } from "../plan/plan.ts";
import { otherRuns, type DecisionFacts } from "./decision-facts.ts";
import type { RestraintVerdict } from "./restraint-verdict.ts";
import type { RunFact } from "./run-fact.ts";

/** How soon to look again at something that ends when it ends. */
const lookAgainMs = 15_000;

const counted = (runs: readonly RunFact[], sinceMs: number): RunFact[] =>
  runs
    .filter((run) => run.outcome !== "stood-down" && !(run.startedAtMs <= sinceMs))
    .toSorted((a, b) => a.startedAtMs - b.startedAtMs);

const sameTarget = (run: RunFact, plan: Plan): boolean =>
  run.service === plan.service && run.environment === plan.environment;

function overRate(
  what: string,
  runs: readonly RunFact[],
  max: number,
  windowMs: number,
  nowMs: number,
): RestraintVerdict[] {
  if (runs.length < max) return [];
  const leaves = runs[runs.length - max];
  const retryAfterMs = Math.max(1, leaves === undefined ? windowMs : leaves.startedAtMs + windowMs - nowMs);
  const text = `${runs.length} runs ${what} within ${formatDuration(windowMs)}, at most ${max}; again in ${formatDuration(retryAfterMs)}`;
  return [{ effect: "defer", name: "rate", text, retryAfterMs }];
}

/** Runs started within the window, per service, runbook and environment. Runs that stood down had no effect and do not count. */
export function restrainRate(plan: Plan, facts: DecisionFacts, nowMs: number): RestraintVerdict[] {
  const { perService, perRunbook, perEnvironment, windowMs } = facts.restraints.rate;
  const recent = counted(otherRuns(facts), nowMs - windowMs).filter((run) => run.environment === plan.environment);
  const ofService = recent.filter((run) => run.service === plan.service);
  const ofRunbook = recent.filter((run) => run.runbook === plan.runbook.name);
  return [
    ...overRate(`on service \`${plan.service}\``, ofService, perService, windowMs, nowMs),
    ...overRate(`of runbook \`${plan.runbook.name}\``, ofRunbook, perRunbook, windowMs, nowMs),
    ...overRate(`in environment \`${plan.environment}\``, recent, perEnvironment, windowMs, nowMs),
  ];
}

/** A rest between the end of a run and the next with the same runbook on the same service. */
export function restrainCooldown(plan: Plan, facts: DecisionFacts, nowMs: number): RestraintVerdict[] {
  const ends = otherRuns(facts)
    .filter((run) => sameTarget(run, plan) && run.runbook === plan.runbook.name)
    .filter((run) => run.outcome === "succeeded" || run.outcome === "failed")
    .map((run) => run.endedAtMs ?? run.startedAtMs);
  if (ends.length === 0) return [];
  const restMs = Math.max(...ends) + facts.restraints.cooldownMs - nowMs;
  if (restMs <= 0) return [];
  const text = `runbook \`${plan.runbook.name}\` ran on \`${plan.service}\` less than ${formatDuration(facts.restraints.cooldownMs)} ago; again in ${formatDuration(restMs)}`;
  return [{ effect: "defer", name: "cooldown", text, retryAfterMs: Math.max(1, restMs) }];
}

/** Runs at work in the environment without this one: what is known from both sides, the larger. */
export function runningElsewhere(plan: Plan, facts: DecisionFacts): number {
  const seen = otherRuns(facts).filter(
    (run) => run.outcome === "running" && run.environment === plan.environment,
  ).length;
  return Math.max(seen, facts.runningRuns);
}

/** So many runs at once in one environment, and one at a time on a service (I4: the lease is what enforces it). */
export function restrainConcurrency(plan: Plan, facts: DecisionFacts): RestraintVerdict[] {
  const running = runningElsewhere(plan, facts);
  const max = facts.restraints.concurrencyMax;
  const [busy] = otherRuns(facts)
    .filter((run) => run.outcome === "running" && sameTarget(run, plan))
    .map((run) => run.runId)
    .toSorted();
  const full = running < max ? [] : [`${running} runs at work in environment \`${plan.environment}\`, at most ${max}`];
  const texts = [
    ...full,
    ...(busy === undefined ? [] : [`run \`${busy}\` is at work on service \`${plan.service}\`, at most 1`]),
  ];
  return texts.map((text) => ({ effect: "defer", name: "concurrency", text, retryAfterMs: lookAgainMs }));
}

/** Failed runs of this runbook on this service within the breaker's window. */
export function failuresInWindow(plan: Plan, facts: DecisionFacts, nowMs: number): number {
  const sinceMs = nowMs - facts.restraints.breaker.windowMs;
  return otherRuns(facts).filter(
    (run) =>
      sameTarget(run, plan) &&
      run.runbook === plan.runbook.name &&
      run.outcome === "failed" &&
      !((run.endedAtMs ?? run.startedAtMs) <= sinceMs),
  ).length;
}

/** What failed so often is not tried again: a person takes over. */
export function restrainBreaker(plan: Plan, facts: DecisionFacts, nowMs: number): RestraintVerdict[] {
  const { failures, windowMs } = facts.restraints.breaker;
  const failed = failuresInWindow(plan, facts, nowMs);
  if (failed < failures) return [];
  const text = `runbook \`${plan.runbook.name}\` failed ${failed} times on \`${plan.service}\` within ${formatDuration(windowMs)}, at most ${failures - 1}: the breaker is open, escalate to a person`;
  return [{ effect: "deny", name: "breaker", text }];
}
