import { ownActor } from "../signal/observed-change.ts";
import type { Finding } from "../detection/finding.ts";
import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import { edgeRedOf, redOf } from "../diagnosis/red-facts.ts";
import type { Scene } from "../diagnosis/scene.ts";
import type { Plan } from "./plan.ts";

/** Where several services changed at once, the first seconds may show a roll-out rather than the fault. */
const settleMs = 20_000;
const changedWithinMs = 90_000;
/** Slowness without failures passes more often than it stays: it has to last this long. */
const slowForMs = 30_000;
/** A symptom is current while it shows in the telemetry of this last while. */
const currentMs = 20_000;
/** Without an expectation, this share of failures is one. */
const errorShareMax = 0.02;

/**
 * Why acting on a plan is premature; undefined when it is not. What is over, or may pass by itself, is not acted upon
 * (B4, G4): the symptoms of the plan's service have to be current, and long enough to tell fault from roll-out.
 */
export function tooEarly(
  scene: Scene,
  diagnosis: Diagnosis,
  plan: Pick<Plan, "service" | "hypothesisId">,
): string | undefined {
  return competing(scene) ?? passing(scene, diagnosis, plan);
}

function competing({ incident, changes, nowMs }: Scene): string | undefined {
  if (nowMs - incident.sinceMs >= settleMs) return undefined;
  const fresh = changes.filter((c) => c.actor !== ownActor && c.timeMs > incident.sinceMs - changedWithinMs);
  const services = [...new Set(fresh.map((c) => c.service))];
  if (services.length < 2) return undefined;
  return `${services.join(" and ")} changed at the same time; waiting a few seconds for what tells them apart`;
}

function passing(
  scene: Scene,
  diagnosis: Diagnosis,
  { service, hypothesisId }: Pick<Plan, "service" | "hypothesisId">,
): string | undefined {
  const cause = diagnosis.hypotheses.find((h) => h.id === hypothesisId)?.cause;
  // What is seen on the target itself, a dead or silent instance, is seen now.
  if (cause === "crash-loop" || cause === "dependency-hang") return undefined;
  const { incident, nowMs } = scene;
  if (incident.alerts.some((a) => a.status === "firing" && a.service === service)) return undefined;
  const symptoms = incident.findings.filter((f) => f.state === "firing" && isAbout(f, service));
  if (symptoms.length > 0 && symptoms.every((f) => f.dimension === "joint"))
    return `${service} is unusual in several dimensions, in none of them plainly wrong; waiting to see whether it becomes so`;
  if (!symptoms.some((f) => showsNow(scene, f)))
    return `nothing was seen to be wrong with ${service} in the last ${currentMs / 1000} s; waiting to see whether it is over`;
  const failing = symptoms.some(
    (f) => f.dimension === "errors" || f.dimension === "burn-rate" || f.dimension === "health",
  );
  const sinceMs = Math.min(...symptoms.map((f) => f.sinceMs));
  if (!failing && nowMs - sinceMs < slowForMs)
    return `${service} is slow and nothing fails; waiting to see whether it lasts`;
  return undefined;
}

/** Whether what a finding speaks of shows in the latest telemetry. Findings themselves clear late, on purpose. */
function showsNow(scene: Scene, { service, edge, dimension, expected }: Finding): boolean {
  const fromMs = scene.nowMs - currentMs;
  const red = edge ? edgeRedOf(scene, edge.from, edge.to, fromMs) : redOf(scene, service, fromMs);
  if (!red) return false;
  if (dimension === "duration") return expected === null || red.p95Ms > expected.high;
  if (dimension === "errors") return red.errorShare > Math.max(errorShareMax, expected?.high ?? 0);
  return dimension === "burn-rate" && red.errorShare > errorShareMax;
}

const isAbout = (f: Finding, service: string): boolean => (f.edge ? f.edge.to === service : f.service === service);
