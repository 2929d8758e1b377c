import type { Decision } from "../loop/decision/decision.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { DurableRun } from "../ports/durable.ts";
import { awaitApproval } from "./approval.ts";
import { lookAgainMs, type Attempt } from "./attempt.ts";
import { carryOut } from "./carry-out.ts";
import type { RunContext, World } from "./world.ts";

/** Where nothing may be done yet it looks again after a minute, later after five: for a day at most (I11). */
const observeAgainMs = 60_000;
const oftenLooks = 10;
const watchLooksMax = 290;
const deferMsMax = 3_600_000;
/** A denial may rest on evidence that is still coming in. */
const deniedLooksMax = 3;

/** Does what was decided: acts, asks people first, waits, or gives it to a person. */
export async function followDecision(
  world: World,
  run: DurableRun,
  context: RunContext,
  plan: Plan,
  decision: Decision,
  looks: number,
): Promise<Attempt> {
  const why = decision.reasons.map((r) => r.text).join("; ");
  switch (decision.effect) {
    case "allow":
      return carryOut(world, run, context, plan);
    case "ask": {
      const { answer, why: said } = await awaitApproval(world, run, context, plan, decision);
      if (answer === "approved") return carryOut(world, run, context, plan);
      if (answer === "recovered") return { ending: { outcome: "stood-down", why: said } };
      return { ending: { outcome: "escalated", why: said } };
    }
    case "observe":
      return watchOn(why, looks);
    case "defer":
      return {
        again: why,
        waitMs: Math.max(1_000, Math.min(decision.retryAfterMs ?? observeAgainMs, deferMsMax)),
        free: true,
      };
    case "deny":
      // A stop is lifted again one day: until then it is only observed, and nothing is given up.
      if (decision.reasons.some((r) => r.source === "stop")) return watchOn(why, looks);
      return looks < deniedLooksMax
        ? { again: why, waitMs: lookAgainMs, free: true }
        : { ending: { outcome: "escalated", why } };
  }
}

/** Nothing may be done for now: looks again when woken or after a while, for a day at most. */
const watchOn = (why: string, looks: number): Attempt =>
  looks < watchLooksMax
    ? { again: why, waitMs: observeAgainMs * (looks < oftenLooks ? 1 : 5), free: true }
    : { ending: { outcome: "escalated", why } };
