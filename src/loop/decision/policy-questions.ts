// What the policies get to see. One place, so that the schema, the questions and the policy tests cannot drift apart.
import type { JsonObject } from "../../kernel/json.ts";
import type { Plan } from "../plan/plan.ts";
import type { Service } from "../signal/service.ts";
import type { PolicyQuestion } from "./ask.ts";
import type { StopScope } from "./decision.ts";
import { otherRuns, type DecisionFacts } from "./decision-facts.ts";
import { failuresInWindow, runningElsewhere } from "./restrain-history.ts";
import { holdingFreezes } from "./restrain.ts";
import { formatStopScope } from "./stop.ts";
import { utcDayOfWeek, utcHour } from "./utc-calendar.ts";

/** Who asks: an authenticated person or machine. */
export interface Identity {
  readonly kind: "person" | "machine";
  readonly name: string;
  readonly roles: readonly string[];
}

const hourMs = 3_600_000;

const serviceAttributes = (service: Service): JsonObject => ({
  environment: service.environment,
  tier: service.tier,
  owner: service.owner,
  labels: service.labels,
});

/** Whole percent, rounded down (a doubt is never rounded away), but 0.57 is 57 for all that binary fractions say. */
const wholePercent = (share: number): number => Math.floor(share * 100 + 1e-9);

const calendarContext = (nowMs: number): JsonObject => ({ hour: utcHour(nowMs), dayOfWeek: utcDayOfWeek(nowMs) });

function actContext(plan: Plan, service: Service, facts: DecisionFacts, nowMs: number): JsonObject {
  const lastHour = otherRuns(facts).filter(
    (run) => run.environment === plan.environment && run.outcome !== "stood-down" && run.startedAtMs > nowMs - hourMs,
  );
  const failures = failuresInWindow(plan, facts, nowMs);
  return {
    ...calendarContext(nowMs),
    confidencePercent: wholePercent(plan.confidence),
    liveIncidents: facts.liveIncidents,
    runningRuns: runningElsewhere(plan, facts),
    runsLastHour: lastHour.length,
    serviceRunsLastHour: lastHour.filter((run) => run.service === plan.service).length,
    failures,
    totalInstances: service.instances.length,
    touchedInstances: new Set(plan.steps.flatMap((step) => step.instances)).size,
    irreversible: plan.steps.some((step) => "irreversible" in step.undo),
    freeze: holdingFreezes(facts, plan.environment, nowMs).length > 0,
    storm: !(facts.liveIncidents < facts.restraints.stormAt),
    breakerOpen: !(failures < facts.restraints.breaker.failures),
    telemetryKnown: facts.telemetryKnown,
    ...(facts.healthyInstances === undefined ? {} : { healthyInstances: facts.healthyInstances.length }),
  };
}

/** May this runbook act on this service, alone or with approval. */
export function actQuestion(
  question: "act" | "act-with-approval",
  plan: Plan,
  service: Service,
  facts: DecisionFacts,
  nowMs: number,
): PolicyQuestion {
  return {
    question,
    principal: {
      type: "Runbook",
      id: plan.runbook.name,
      attributes: { risk: plan.runbook.risk, version: plan.runbook.version },
    },
    resource: { type: "Service", id: service.name, attributes: serviceAttributes(service) },
    context: actContext(plan, service, facts, nowMs),
  };
}

const principalOf = (who: Identity): PolicyQuestion["principal"] => ({
  type: who.kind === "person" ? "Person" : "Machine",
  id: who.name,
  attributes: { roles: [...who.roles] },
});

/** May this person answer the approval of this plan. `requestedBy` is a person's name when a person asked for the run. */
export function approveQuestion(
  who: Identity,
  plan: Plan,
  planDigest: string,
  answer: "approve" | "deny",
  nowMs: number,
  requestedBy?: string,
): PolicyQuestion {
  const attributes: JsonObject = {
    environment: plan.environment,
    service: plan.service,
    runbook: plan.runbook.name,
    risk: plan.runbook.risk,
    ...(requestedBy === undefined ? {} : { requestedBy: { type: "Person", id: requestedBy } }),
  };
  return {
    question: "approve",
    principal: principalOf(who),
    resource: { type: "Plan", id: planDigest, attributes },
    context: { ...calendarContext(nowMs), answer },
  };
}

/** May this person or machine stop or resume a scope, or close the incident it names. */
export function operateQuestion(
  who: Identity,
  scope: StopScope,
  verb: "stop" | "resume" | "close",
  nowMs: number,
): PolicyQuestion {
  return {
    question: "operate",
    principal: principalOf(who),
    resource: { type: "Control", id: formatStopScope(scope), attributes: { kind: scope.kind, value: scope.value } },
    context: { ...calendarContext(nowMs), verb },
  };
}
