import type { Incident } from "../loop/incident/incident.ts";
import { isLive } from "../loop/incident/transition.ts";
import type { Plan } from "../loop/plan/plan.ts";
import type { World } from "./world.ts";

/** Nothing firing any more, for the configured quiet time, or the incident was ended by somebody. */
export async function recovered(world: World, incidentId: string): Promise<boolean> {
  const found = await world.store.incidents.get(incidentId);
  if (!found || !isLive(found.incident.state)) return true;
  const nowMs = world.clock.nowMs();
  const { quietMs } = world.config().settings.incidents;
  return (
    isQuiet(found.incident, nowMs, quietMs) && nowMs - (await lastActMs(world, incidentId)) >= quietMs + seenWithinMs
  );
}

/** So long it may take until what an act did, or what taking it back did, is seen. */
const seenWithinMs = 30_000;

/** When Homeostat last did something about it: quiet from before, as when a remedy is taken back, says nothing about now. */
async function lastActMs(world: World, incidentId: string): Promise<number> {
  const outcomes = (await world.store.runs.runsOf(incidentId)).flatMap((r) => r.outcomes);
  return Math.max(0, ...outcomes.map((o) => o.atMs));
}

/** Every finding and alert cleared, the last of them at least `quietMs` ago. An incident without any is not quiet: nothing is known. */
export function isQuiet(incident: Incident, nowMs: number, quietMs: number): boolean {
  const firing =
    incident.findings.some((f) => f.state === "firing") || incident.alerts.some((a) => a.status === "firing");
  if (firing || incident.findings.length + incident.alerts.length === 0) return false;
  const last = Math.max(
    ...incident.findings.map((f) => f.atMs),
    ...incident.alerts.map((a) => a.endsAtMs ?? a.startsAtMs),
  );
  return nowMs - last >= quietMs;
}

/** `<service>/<cause>` of the hypothesis a plan came from. */
export const triedOf = (plan: Plan): string => plan.hypothesisId.split("/").slice(1, 3).join("/");

/** What earlier heals of this incident tried to its end and took back. */
export async function triedBefore(world: World, incidentId: string): Promise<string[]> {
  const undone = (await world.store.runs.runsOf(incidentId)).filter((r) => r.state === "rolled-back" && r.verification);
  const plans = await Promise.all(undone.map((r) => world.store.runs.plan(r.planDigest)));
  return [...new Set(plans.flatMap((plan) => (plan ? [triedOf(plan)] : [])))];
}
