import { err, ok, type Result } from "../../kernel/result.ts";
import type { Diagnosis, Hypothesis } from "../diagnosis/diagnosis.ts";
import { bindPlan } from "./bind-plan.ts";
import { confidenceNeeded } from "./confidence-needed.ts";
import type { Conditions } from "./conditions.ts";
import type { Plan } from "./plan.ts";
import type { PlanFacts } from "./plan-facts.ts";
import type { Risk, Runbook } from "./runbook.ts";

export interface Candidate {
  readonly hypothesis: Hypothesis;
  readonly runbook: Runbook;
}

const riskOrder: readonly Risk[] = ["none", "low", "medium", "high"];

/** Runbooks that answer a hypothesis of the diagnosis with enough confidence: the most credible first, then the least risky. */
export function candidates(runbooks: readonly Runbook[], diagnosis: Diagnosis): Candidate[] {
  const careful = runbooks.toSorted(
    (a, b) => riskOrder.indexOf(a.risk) - riskOrder.indexOf(b.risk) || (a.name < b.name ? -1 : 1),
  );
  return diagnosis.hypotheses.flatMap((hypothesis) =>
    careful
      .filter((r) => r.causes.includes(hypothesis.cause) && hypothesis.confidence >= confidenceNeeded(r, hypothesis))
      .map((runbook) => ({ hypothesis, runbook })),
  );
}

/** How a hypothesis is remembered once it was acted upon in an incident and did not help. */
export const triedKey = (hypothesis: Pick<Hypothesis, "service" | "cause">): string =>
  `${hypothesis.service}/${hypothesis.cause}`;

/**
 * The plan for the most credible hypothesis that was not tried yet and that some runbook applies to. `factsOf` gives what
 * is known of a service, or undefined when the care repo does not declare it. Refuses with why nothing applies.
 */
export function proposePlan(
  diagnosis: Diagnosis,
  runbooks: readonly Runbook[],
  factsOf: (service: string) => PlanFacts | undefined,
  tried: readonly string[],
  conditions: Conditions,
): Result<Plan, string[]> {
  const reasons = weakOrUnanswered(diagnosis, runbooks);
  for (const { hypothesis, runbook } of candidates(runbooks, diagnosis)) {
    const where = `${runbook.name} for ${hypothesis.cause} of ${hypothesis.service}`;
    const facts = factsOf(hypothesis.service);
    if (tried.includes(triedKey(hypothesis))) reasons.push(`${where}: tried already in this incident`);
    else if (!facts) reasons.push(`${where}: the care repo declares no service \`${hypothesis.service}\``);
    else {
      const plan = bindPlan(runbook, hypothesis, facts, conditions);
      if (plan.ok) return ok(plan.value);
      reasons.push(...plan.error.map((reason) => `${where}: ${reason}`));
    }
  }
  return err(reasons);
}

function weakOrUnanswered(diagnosis: Diagnosis, runbooks: readonly Runbook[]): string[] {
  if (diagnosis.hypotheses.length === 0) return ["no credible hypothesis"];
  return diagnosis.hypotheses.flatMap((h) => {
    const answering = runbooks.filter((r) => r.causes.includes(h.cause));
    if (answering.length === 0) return [`no runbook answers ${h.cause} of ${h.service}`];
    const needed = Math.min(...answering.map((r) => confidenceNeeded(r, h)));
    if (h.confidence >= needed) return [];
    return [
      `${h.cause} of ${h.service} is ${Math.round(h.confidence * 100)} % sure; its runbooks need ${Math.round(needed * 100)} %`,
    ];
  });
}
