import { judgeRed, type Judgement } from "../loop/verification/judge.ts";
import { joinVerdicts, type Verification } from "../loop/verification/verdict.ts";
import { bucketMs } from "../loop/detection/red.ts";
import type { Gate } from "../loop/plan/runbook.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { DurableRun } from "../ports/durable.ts";
import { checkGates, lateMs, together } from "./check-gates.ts";
import { remember } from "./remember.ts";
import type { World } from "./world.ts";

/** Gates are looked at this often, and this many times at most (I11). */
const pollMs = 2_500;
const pollsMax = 400;

/** What is not known when its time is over gets this much more of it, in all, before it is left at that. */
const patience = 2;

/**
 * Looks until every gate passes or `withinMs` is over; the last look decides (H2). While it is not known, it looks on for as long again. Windows lie wholly after `sinceMs`, so
 * that what was measured before the act never counts for it (I6). Durable: takes up where it was after a crash.
 */
export async function awaitGates(
  world: World,
  run: DurableRun,
  name: string,
  plan: Plan,
  gates: readonly Gate[],
  sinceMs: number,
  withinMs: number,
): Promise<Verification> {
  return awaitLooks(world, run, name, () => checkGates(world, plan, gates, sinceMs), withinMs);
}

async function awaitLooks(
  world: World,
  run: DurableRun,
  name: string,
  look: () => Promise<Verification>,
  withinMs: number,
): Promise<Verification> {
  const startMs = await run.now();
  for (let i = 0; ; i++) {
    const seen = await remember(world, run, `${name}/look ${i}`, look);
    const untilMs = startMs + withinMs * (seen.verdict === "inconclusive" ? patience : 1);
    if (seen.verdict === "pass" || seen.atMs >= untilMs || i >= pollsMax) return seen;
    await run.sleep(pollMs);
  }
}

/** Verification of a whole plan: its gates, and that nobody whom the incident hurt still fails (I6). */
export const awaitRecovery = (
  world: World,
  run: DurableRun,
  name: string,
  plan: Plan,
  sinceMs: number,
  withinMs: number,
): Promise<Verification> => awaitLooks(world, run, name, () => checkRecovery(world, plan, sinceMs), withinMs);

async function checkRecovery(world: World, plan: Plan, sinceMs: number): Promise<Verification> {
  const { gates, atMs } = await checkGates(world, plan, plan.verify.gates, sinceMs);
  if (gates.length === 0) return { verdict: "inconclusive", gates, atMs };
  const all = [...gates, { gate: "symptoms of the incident", ...(await symptoms(world, plan, sinceMs, atMs)), atMs }];
  return { verdict: joinVerdicts(all.map((r) => r.verdict)), gates: all, atMs };
}

/** Over this window nobody hurt may fail more than usual. */
const symptomsForMs = 15_000;

/** A plan that leaves other services failing did not help, however well its own target looks: another cause is at work. */
async function symptoms(world: World, plan: Plan, sinceMs: number, nowMs: number): Promise<Judgement> {
  const incident = (await world.store.incidents.get(plan.incidentId))?.incident;
  if (!incident) return { verdict: "inconclusive", text: "the incident is gone" };
  const toMs = Math.floor((nowMs - lateMs) / bucketMs) * bucketMs;
  const fromMs = toMs - symptomsForMs;
  if (fromMs < sinceMs) return { verdict: "inconclusive", text: "waiting for telemetry from after the act" };
  const hurt = incident.services.filter((s) => s !== plan.service);
  const judged = await Promise.all(
    hurt.map(async (name) => {
      const buckets = await world.telemetry.service(name, incident.environment, fromMs, toMs);
      const errors = incident.findings.filter((f) => f.service === name && !f.edge && f.dimension === "errors");
      return judgeRed(name, buckets, errors, symptomsForMs);
    }),
  );
  // Who is hardly called, or silent, cannot say; whoever can has to be well.
  const telling = judged.filter((j) => j.verdict !== "inconclusive");
  return telling.length > 0
    ? together(telling)
    : { verdict: "pass", text: "nobody else is hurt, as far as can be told" };
}
