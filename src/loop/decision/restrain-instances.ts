// Restraints on how much of a service one step may touch (E3). What is not known to be healthy is not (I6).
import type { Service } from "../signal/service.ts";
import type { Plan, PlanStep } from "../plan/plan.ts";
import type { DecisionFacts } from "./decision-facts.ts";
import type { RestraintVerdict } from "./restraint-verdict.ts";

const healthRetryMs = 30_000;

const touching = (plan: Plan): readonly PlanStep[] => plan.steps.filter((step) => step.instances.length > 0);

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Share of the service's instances one step touches. One instance is always a small enough share; an undeclared one is none of ours. */
export function restrainBlastRadius(plan: Plan, service: Service, max: number): RestraintVerdict[] {
  const declared = new Set(service.instances.map((instance) => instance.name));
  return touching(plan).flatMap((step): RestraintVerdict[] => {
    const touched = new Set(step.instances);
    const stranger = [...touched].find((name) => !declared.has(name));
    if (stranger !== undefined) {
      return [
        {
          effect: "deny",
          name: "blast-radius",
          text: `step \`${step.id}\` touches instance \`${stranger}\`, which service \`${service.name}\` does not declare`,
        },
      ];
    }
    const share = touched.size / declared.size;
    if (touched.size <= 1 || share <= max) return [];
    const text = `step \`${step.id}\` touches ${touched.size} of ${declared.size} instances (${percent(share)}), at most ${percent(max)} or one`;
    return [{ effect: "deny", name: "blast-radius", text }];
  });
}

/**
 * Whether a step that touches these instances leaves `minHealthy` healthy others. A step that touches no healthy instance
 * cannot make it worse and holds always, also when nothing is healthy. The engine may ask again right before each step.
 */
export function leavesEnough(touched: readonly string[], healthy: ReadonlySet<string>, minHealthy: number): boolean {
  if (!touched.some((name) => healthy.has(name))) return true;
  return [...healthy].filter((name) => !touched.includes(name)).length >= minHealthy;
}

/**
 * Walks the steps in order: an instance a step touched counts as healthy for the later steps only if that step has gates,
 * since the run does not go past a gate that fails.
 */
function firstUnsafeStep(
  plan: Plan,
  healthyNow: ReadonlySet<string>,
  minHealthy: number,
): { step: PlanStep; others: number } | undefined {
  const healthy = new Set(healthyNow);
  for (const step of touching(plan)) {
    if (!leavesEnough(step.instances, healthy, minHealthy)) {
      return { step, others: [...healthy].filter((name) => !step.instances.includes(name)).length };
    }
    for (const name of step.instances) {
      if (step.gates.length > 0) healthy.add(name);
      else healthy.delete(name);
    }
  }
  return undefined;
}

/** Enough healthy instances must stay while others are worked on; unless nothing is healthy: then a restart cannot make it worse. */
export function restrainMinHealthy(plan: Plan, service: Service, facts: DecisionFacts): RestraintVerdict[] {
  if (touching(plan).length === 0) return [];
  if (facts.healthyInstances === undefined) {
    const text = `how many of the ${service.instances.length} instances of \`${service.name}\` are healthy is not known, and at least ${service.minHealthy} must stay so`;
    return [{ effect: "defer", name: "min-healthy", text, retryAfterMs: healthRetryMs }];
  }
  const declared = service.instances.map((instance) => instance.name);
  const healthy = new Set(facts.healthyInstances.filter((name) => declared.includes(name)));
  if (healthy.size === 0) {
    return [
      {
        effect: "note",
        name: "min-healthy",
        text: `none of ${declared.length} instances of \`${service.name}\` is healthy: working on them cannot make it worse`,
      },
    ];
  }
  const unsafe = firstUnsafeStep(plan, healthy, service.minHealthy);
  if (unsafe === undefined) return [];
  const never = firstUnsafeStep(plan, new Set(declared), service.minHealthy) !== undefined;
  const text = `step \`${unsafe.step.id}\` would leave ${unsafe.others} other healthy instances of \`${service.name}\`, at least ${service.minHealthy} must stay (${healthy.size} of ${declared.length} healthy now)`;
  return [
    never
      ? { effect: "deny", name: "min-healthy", text }
      : { effect: "defer", name: "min-healthy", text, retryAfterMs: healthRetryMs },
  ];
}
