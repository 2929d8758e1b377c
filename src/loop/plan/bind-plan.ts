import { digestOf } from "../../kernel/digest.ts";
import type { Json, JsonObject } from "../../kernel/json.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { boundState } from "../signal/target-state.ts";
import type { Hypothesis } from "../diagnosis/diagnosis.ts";
import { confidenceNeeded } from "./confidence-needed.ts";
import type { Conditions } from "./conditions.ts";
import type { Plan, PlanStep } from "./plan.ts";
import { expressionFacts, type PlanFacts } from "./plan-facts.ts";
import type { Gate, Runbook, RunbookStep, UndoTemplate } from "./runbook.ts";
import { fill, fillMembers } from "./fill.ts";
import { fillQuery } from "./fill-query.ts";

/** Steps a bound plan may have at most, after `forEach` (I11). */
export const planStepsMax = 100;

/**
 * Binds one runbook version to a hypothesis and its target (F3). The same content gives the same plan, and so the same
 * digest, whatever the order of its members. Refuses with every reason why it does not apply; an expression that fails
 * is such a reason (I7).
 */
export function bindPlan(
  runbook: Runbook,
  hypothesis: Hypothesis,
  facts: PlanFacts,
  conditions: Conditions,
): Result<Plan, string[]> {
  const seen = expressionFacts(facts, hypothesis);
  const unmet = [...misplaced(hypothesis, facts), ...unmetPreconditions(runbook, seen, conditions)];
  if (unmet.length > 0) return err(unmet);
  const binder = new Binder(facts.service.name, seen, conditions);
  const steps = runbook.steps.flatMap((step) => binder.steps(step));
  const gates = binder.gates(runbook.verify.gates, seen, "verify");
  const refused = [...binder.problems, ...misshapen(runbook, steps)];
  if (refused.length > 0) return err(refused);
  return ok({
    v: 1,
    incidentId: facts.incident.id,
    hypothesisId: hypothesis.id,
    runbook: {
      name: runbook.name,
      version: runbook.version,
      digest: runbook.digest,
      risk: runbook.risk,
      escalates: runbook.escalates,
    },
    service: facts.service.name,
    environment: facts.service.environment,
    confidence: hypothesis.confidence,
    confidenceNeeded: confidenceNeeded(runbook, hypothesis),
    configCommit: facts.configCommit,
    targetState: digestOf(boundState(facts.target)),
    preconditions: runbook.preconditions,
    steps,
    verify: { ...runbook.verify, gates },
    expected: runbook.expected,
  });
}

/** Preconditions that do not hold now: planning asks, and so does whoever is about to act. */
export function unmetPreconditions(
  runbook: Pick<Runbook, "preconditions">,
  facts: JsonObject,
  conditions: Conditions,
): string[] {
  return runbook.preconditions.flatMap(({ expression, otherwise }) => {
    const held = conditions.evaluate(expression, facts);
    if (!held.ok) return [`${otherwise} (${held.error})`];
    return held.value === true ? [] : [otherwise];
  });
}

const misplaced = (hypothesis: Hypothesis, facts: PlanFacts): string[] => [
  ...(hypothesis.service === facts.service.name
    ? []
    : [`the hypothesis is about \`${hypothesis.service}\`, the facts are about \`${facts.service.name}\``]),
  ...(facts.target.service === facts.service.name ? [] : [`the observed target is \`${facts.target.service}\``]),
  ...(facts.incident.environment === facts.service.environment
    ? []
    : [`the incident is in \`${facts.incident.environment}\`, the service in \`${facts.service.environment}\``]),
];

function misshapen(runbook: Runbook, steps: readonly PlanStep[]): string[] {
  const twice = steps.find((step, at) => steps.findIndex((other) => other.id === step.id) < at);
  return [
    ...(steps.length === 0 && !runbook.escalates ? ["no step applies to this target"] : []),
    ...(steps.length > planStepsMax ? [`the plan has ${steps.length} steps, more than ${planStepsMax}`] : []),
    ...(twice ? [`two steps would be called \`${twice.id}\``] : []),
  ];
}

/** Binds steps one after another and gathers what stands against it, so that a person sees all reasons at once. */
class Binder {
  readonly problems: string[] = [];
  readonly #service: string;
  readonly #facts: JsonObject;
  readonly #conditions: Conditions;

  constructor(service: string, facts: JsonObject, conditions: Conditions) {
    this.#service = service;
    this.#facts = facts;
    this.#conditions = conditions;
  }

  steps(step: RunbookStep): PlanStep[] {
    if (step.forEach === undefined) return [this.#step(step, step.id, this.#facts)];
    return this.#members(step.forEach, this.#facts, step.id).map((each, at) =>
      this.#step(step, `${step.id}[${nameOf(each, at)}]`, { ...this.#facts, each }),
    );
  }

  gates(gates: readonly Gate[], facts: JsonObject, where: string): Gate[] {
    const named = (text: string | undefined) => (text === undefined ? undefined : this.#text(text, facts, where));
    return gates.map((gate) => {
      if (gate.type === "condition") return gate;
      const service = named(gate.service);
      const instance = "instance" in gate ? named(gate.instance) : undefined;
      return {
        ...gate,
        ...(service === undefined ? {} : { service }),
        ...(instance === undefined ? {} : { instance }),
        ...(gate.type === "promql" ? { query: this.#query(gate.query, facts, where) } : {}),
      };
    });
  }

  #step(step: RunbookStep, id: string, facts: JsonObject): PlanStep {
    const parameters = this.#fill(step.with, facts, id);
    const instance = parameters["instance"];
    return {
      id,
      action: step.action,
      service: this.#service,
      parameters,
      ...(step.when === undefined ? {} : { when: step.when }),
      timeoutMs: step.timeoutMs,
      attemptsMax: step.attemptsMax,
      gates: this.gates(step.gates, facts, id),
      undo: "irreversible" in step.undo ? step.undo : step.undo.flatMap((undo) => this.#undo(undo, facts, id)),
      instances: typeof instance === "string" ? [instance] : [],
    };
  }

  #undo(undo: UndoTemplate, facts: JsonObject, id: string): { action: UndoTemplate["action"]; with: JsonObject }[] {
    const where = `${id}/undo`;
    const scopes =
      undo.forEach === undefined
        ? [facts]
        : this.#members(undo.forEach, facts, where).map((each) => ({ ...facts, each }));
    return scopes.map((scope) => ({ action: undo.action, with: this.#fill(undo.with, scope, where, ["before"]) }));
  }

  #members(expression: string, facts: JsonObject, where: string): readonly Json[] {
    const list = this.#conditions.evaluate(expression, facts);
    if (list.ok && isList(list.value)) return list.value;
    this.problems.push(`${where}: forEach \`${expression}\` ${list.ok ? "is not a list" : `fails: ${list.error}`}`);
    return [];
  }

  #fill(template: JsonObject, facts: JsonObject, where: string, later: readonly string[] = []): JsonObject {
    const filled = fillMembers(template, { facts, conditions: this.#conditions, later });
    if (filled.ok) return filled.value;
    this.problems.push(`${where}: ${filled.error}`);
    return {};
  }

  #query(template: string, facts: JsonObject, where: string): string {
    const filled = fillQuery(template, (expression) => this.#conditions.evaluate(expression, facts));
    if (filled.ok) return filled.value;
    this.problems.push(`${where}: ${filled.error}`);
    return template;
  }

  #text(template: string, facts: JsonObject, where: string): string {
    const filled = fill(template, { facts, conditions: this.#conditions });
    if (filled.ok && typeof filled.value === "string") return filled.value;
    this.problems.push(`${where}: ${filled.ok ? `\`${template}\` is not a text` : filled.error}`);
    return template;
  }
}

/** What a repetition is called: its member's name, the member itself when it is a text, else its place. */
function nameOf(each: Json, at: number): string {
  if (typeof each === "string") return each;
  if (each !== null && typeof each === "object" && "name" in each && typeof each["name"] === "string")
    return each["name"];
  return String(at);
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
