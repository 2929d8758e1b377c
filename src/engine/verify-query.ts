import { formatDuration } from "../kernel/duration.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { QueryGate } from "../loop/plan/runbook.ts";
import { judgeQuery, shownQuery } from "../loop/verification/judge-query.ts";
import type { Judgement } from "../loop/verification/judge.ts";
import { whyNot } from "./why-not.ts";
import type { World } from "./world.ts";

/** A window is looked at in this many moments at most, and not closer together than a second. */
const momentsMax = 20;
const stepMsMin = 1_000;

/**
 * One look at a `promql` gate. Everything its query looks at, with its ranges and the age a newest sample may have, lies after
 * `sinceMs`: what was measured before the act never counts for it (I6). A server that does not answer is inconclusive (I7).
 */
export async function verifyQuery(
  world: World,
  plan: Plan,
  gate: QueryGate,
  sinceMs: number,
  nowMs: number,
): Promise<Judgement> {
  const inconclusive = (text: string): Judgement => ({ verdict: "inconclusive", text });
  const source = world.evidence(plan.environment);
  if (!source) return inconclusive(`no Prometheus is named for ${plan.environment}`);
  const reachMs = source.reachMs(gate.query);
  if (reachMs === undefined) return inconclusive(`${shownQuery(gate.query)}: how far back it looks cannot be told`);
  const stepMs = Math.max(stepMsMin, Math.ceil(gate.forMs / momentsMax));
  const toMs = Math.floor(nowMs / 1_000) * 1_000;
  const window = { fromMs: toMs - Math.floor(gate.forMs / stepMs) * stepMs, toMs, stepMs };
  const waitMs = sinceMs + reachMs - window.fromMs;
  if (waitMs > 0)
    return inconclusive(
      `${shownQuery(gate.query)}: waiting ${formatDuration(waitMs)} for data from after the act alone`,
    );
  try {
    return judgeQuery(gate, window, await source.over(gate.query, window));
  } catch (error) {
    return inconclusive(`${source.name}: ${whyNot(error)}`);
  }
}
