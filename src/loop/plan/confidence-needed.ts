import type { Hypothesis } from "../diagnosis/diagnosis.ts";
import type { Runbook } from "./runbook.ts";

/** From this confidence in the place on, the remedies for that place may be tried one after another. */
const surePlace = 0.85;

/**
 * Confidence a hypothesis needs for a runbook. Where the place is sure and only the cause is not (a release and a config
 * change at the same moment), half is enough for what is not of high risk: what does not help is undone, and the next is tried.
 */
export const confidenceNeeded = (
  runbook: Pick<Runbook, "confidenceMin" | "risk">,
  hypothesis: Pick<Hypothesis, "placeConfidence">,
): number => {
  const place = hypothesis.placeConfidence ?? 0;
  return runbook.risk !== "high" && place >= Math.max(surePlace, runbook.confidenceMin)
    ? runbook.confidenceMin / 2
    : runbook.confidenceMin;
};
