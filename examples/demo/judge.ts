import type { IncidentView } from "../../src/engine/operations.ts";
import type { Draw, Scenario } from "../shop/draw.ts";
import type { Outcome } from "./report.ts";

export interface Judged {
  readonly right: boolean;
  readonly why: string;
}

/** Which outcomes are right for a scenario. */
export const rightOutcomes: Readonly<Record<Scenario, readonly Outcome[]>> = {
  "bad-release": ["healed"],
  "slow-release": ["healed"],
  "crash-loop": ["healed"],
  "bad-config": ["healed"],
  "bad-flag": ["healed"],
  "dependency-down": ["healed"],
  "needs-approval": ["healed", "awaiting-approval"],
  "heal-fails": ["healed", "escalated"],
  "deploy-mid-heal": ["stood-down"],
  "false-alarm": ["stood-down"],
  "telemetry-loss": ["stood-down", "escalated"],
  "cold-start": ["healed", "stood-down", "escalated", "observed"],
};

/** Was the right thing done? By the outcome, and by what was touched: nothing but the culprit, ever. */
export function judge(
  drawn: Draw,
  outcome: Outcome,
  views: readonly IncidentView[],
  verified: boolean,
  disagreements: readonly string[],
): Judged {
  const acts = views.flatMap((v) => v.runs.flatMap((r) => r.intents));
  const touched = [...new Set(acts.map((a) => a.service))];
  if (!rightOutcomes[drawn.scenario].includes(outcome))
    return wrong(`the outcome is ${outcome}, right would be ${rightOutcomes[drawn.scenario].join(" or ")}`);
  const strangers = touched.filter((s) => s !== drawn.culprit);
  if (strangers.length > 0)
    return wrong(`${strangers.join(", ")} was acted on, the culprit is ${drawn.culprit ?? "nobody"}`);
  if (drawn.scenario === "heal-fails") {
    const half = views
      .flatMap((v) => v.runs)
      .find((r) => r.state !== "succeeded" && r.state !== "rolled-back" && r.intents.length > 0);
    if (half) return wrong(`run ${half.id} was left ${half.state}`);
  }
  if (disagreements.length > 0)
    return wrong(`the shop's ledger and the audit log disagree: ${disagreements.join("; ")}`);
  if (!verified) return wrong("the audit log does not verify");
  return { right: true, why: touched.length > 0 ? `acted on ${touched.join(", ")} alone` : "nothing was touched" };
}

const wrong = (why: string): Judged => ({ right: false, why });
