import { Ajv2020 } from "ajv/dist/2020.js";
import type { CareError } from "../loop/signal/care-error.ts";
import type { Json } from "../kernel/json.ts";
import { ok } from "../kernel/result.ts";
import type { Conditions } from "../loop/plan/conditions.ts";
import { expressionRoots } from "../loop/plan/expression-roots.ts";
import { expressionVariables } from "../loop/plan/plan-facts.ts";
import { parseTemplate, templateExpressions } from "../loop/plan/template.ts";
import { fillQuery } from "../loop/plan/fill-query.ts";
import type { ActionSpec } from "../ports/actuator.ts";
import type { QueryLanguage } from "../ports/evidence.ts";
import type { Collected } from "./collect.ts";
import { valueAt } from "./explain.ts";
import { nearest } from "./nearest.ts";
import { badQuery } from "./read-metrics.ts";
import type { Path, SourceDocument } from "./source-document.ts";

type ReadRunbook = Collected["runbooks"][number];
type Spec = ReadRunbook["document"]["spec"];
type Step = Spec["steps"][number];
type Call = { readonly action: string; readonly with: Readonly<Record<string, Json>> };

/** What a runbook needs to be checked against. */
export interface RunbookWorld {
  readonly actions: readonly ActionSpec[];
  readonly conditions: Conditions;
  readonly queries: QueryLanguage;
}

/** Everything that would make a runbook fail only when it is needed: actions, parameters, templates, expressions. */
export function checkRunbook({ source, document }: ReadRunbook, world: RunbookWorld): CareError[] {
  const checker = new RunbookChecker(source, world);
  const { spec } = document;
  for (const [i, { expression }] of spec.preconditions.entries())
    checker.expression(["spec", "preconditions", i, "expression"], expression, expressionVariables);
  for (const [i, step] of spec.steps.entries()) checker.step(["spec", "steps", i], step);
  checker.gates(["spec", "verify", "gates"], spec.verify?.gates ?? [], expressionVariables);
  for (const [i, gate] of (spec.verify?.gates ?? []).entries())
    checker.inTime(["spec", "verify", "gates", i], gate, spec.verify?.within ?? 0);
  for (const [i, step] of spec.steps.entries())
    if (spec.steps.findIndex((other) => other.id === step.id) < i)
      checker.add(
        ["spec", "steps", i, "id"],
        `step id \`${step.id}\` is used twice`,
        "ids unique in the runbook",
        "rename one of them",
      );
  return checker.errors;
}

class RunbookChecker {
  readonly errors: CareError[] = [];
  readonly #source: SourceDocument;
  readonly #world: RunbookWorld;

  constructor(source: SourceDocument, world: RunbookWorld) {
    this.#source = source;
    this.#world = world;
  }

  add(path: Path, message: string, expected: string, fix: string, key?: string): void {
    this.errors.push(this.#source.error(path, { message, expected, fix }, key));
  }

  step(path: Path, step: Step): void {
    const variables = step.forEach === undefined ? expressionVariables : [...expressionVariables, "each"];
    if (step.forEach !== undefined) this.expression([...path, "forEach"], step.forEach, expressionVariables);
    if (step.when !== undefined) this.expression([...path, "when"], step.when, expressionVariables);
    this.#call(path, step, variables);
    this.gates([...path, "gates"], step.gates, variables);
    if ("irreversible" in step.undo) return;
    for (const [i, undo] of step.undo.entries()) {
      const at = [...path, "undo", i];
      if (undo.forEach !== undefined) this.expression([...at, "forEach"], undo.forEach, variables);
      this.#call(at, undo, [...variables, "before", ...(undo.forEach === undefined ? [] : ["each"])]);
    }
  }

  gates(path: Path, gates: Step["gates"], variables: readonly string[]): void {
    for (const [i, gate] of gates.entries())
      if (gate.type === "condition")
        this.expression([...path, i, "expression"], gate.expression, ["service", "target", "red"]);
      else {
        if (gate.type === "promql") this.#query([...path, i, "query"], gate.query, variables);
        for (const member of ["service", "instance"] as const)
          if (member in gate)
            this.#templates([...path, i, member], valueAt(this.#source.value, [...path, i, member]) ?? "", variables);
      }
  }

  /** A gate that looks at a longer time than there is to verify never passes: all it looks at lies after the act. */
  inTime(path: Path, gate: Step["gates"][number], withinMs: number): void {
    if (!("for" in gate)) return;
    const filled = gate.type === "promql" ? fillQuery(gate.query, () => ok("x")) : undefined;
    const read = filled?.ok ? this.#world.queries.read(filled.value) : undefined;
    const rangeMs = read?.ok ? (read.value.rangeMs ?? 0) : 0;
    if (gate.for + rangeMs <= withinMs) return;
    const looks = rangeMs > 0 ? `\`for\` and the query's range together are` : "`for` is";
    this.add(
      [...path, "for"],
      `${looks} longer than \`within\`, so this gate can never pass`,
      `at most \`within\`, ${withinMs / 1_000}s`,
      "make `within` longer, or look at a shorter time",
    );
  }

  expression(path: Path, expression: string, variables: readonly string[]): void {
    const checked = this.#world.conditions.check(expression);
    if (!checked.ok) return this.add(path, checked.error, "a CEL expression", "correct the expression");
    for (const root of expressionRoots(expression).filter((name) => !variables.includes(name))) {
      const meant = nearest(root, variables);
      const known = variables.map((v) => `\`${v}\``).join(", ");
      this.add(
        path,
        `unknown variable \`${root}\``,
        `one of ${known}`,
        meant ? `did you mean \`${meant}\`` : "use one of them; quote texts",
      );
    }
  }

  /** Values are not known yet: any text stands for them. A query pinned to a time would judge what was before the act (I6). */
  #query(path: Path, query: string, variables: readonly string[]): void {
    for (const found of templateExpressions(query, path)) this.expression(found.path, found.expression, variables);
    const filled = fillQuery(query, () => ok("x"));
    const read = filled.ok ? this.#world.queries.read(filled.value) : filled;
    const pinned = read.ok && read.value.rangeMs === undefined;
    const why = pinned ? "how far back it looks cannot be told: write plain ranges and offsets, and no `@`" : "";
    if (!read.ok || pinned) this.errors.push(this.#source.error(path, badQuery(read.ok ? why : read.error)));
  }

  #templates(path: Path, value: Json, variables: readonly string[]): void {
    if (typeof value === "string") {
      const parsed = parseTemplate(value);
      if (!parsed.ok)
        this.add(path, parsed.error, "a text with `${cel}`", "close the template, or write `$${` for a literal `${`");
    } else if (value !== null && typeof value === "object")
      for (const [key, member] of Array.isArray(value) ? value.entries() : Object.entries(value))
        this.#templates([...path, key], member, []);
    if (variables.length > 0)
      for (const found of templateExpressions(value, path)) this.expression(found.path, found.expression, variables);
  }

  #call(path: Path, call: Call, variables: readonly string[]): void {
    for (const [name, value] of Object.entries(call.with)) this.#templates([...path, "with", name], value, variables);
    const spec = this.#world.actions.find((a) => a.name === call.action);
    if (spec) return this.#parameters(path, call, spec);
    const names = this.#world.actions.map((a) => a.name).toSorted();
    const meant = nearest(call.action, names);
    this.add(
      [...path, "action"],
      `unknown action \`${call.action}\``,
      `one of ${names.map((n) => `\`${n}\``).join(", ")}`,
      meant ? `did you mean \`${meant}\`` : "use one of them",
    );
  }

  #parameters(path: Path, call: Call, spec: ActionSpec): void {
    const schemas = membersOf(spec.parameters["properties"]);
    const required = spec.parameters["required"];
    const known = Object.keys(schemas);
    for (const name of Object.keys(call.with).filter((n) => !known.includes(n))) {
      const meant = nearest(name, known);
      this.add(
        [...path, "with"],
        `unknown parameter \`${name}\` of \`${spec.name}\``,
        `one of ${known.map((k) => `\`${k}\``).join(", ")}`,
        meant ? `did you mean \`${meant}\`` : `remove \`${name}\``,
        name,
      );
    }
    for (const name of Array.isArray(required) ? required.map(String) : [])
      if (!Object.hasOwn(call.with, name))
        this.add(
          [...path, "with"],
          `parameter \`${name}\` of \`${spec.name}\` is missing`,
          describedBy(schemas[name]),
          `add \`${name}\``,
        );
    for (const [name, value] of Object.entries(call.with)) {
      const wrong =
        Object.hasOwn(schemas, name) &&
        templateExpressions(value).length === 0 &&
        whyInvalid(schemas[name] ?? {}, value);
      if (wrong)
        this.add(
          [...path, "with", name],
          `parameter \`${name}\` of \`${spec.name}\` ${wrong}`,
          describedBy(schemas[name]),
          "correct it",
        );
    }
  }
}

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });

/** Why a literal does not fit a parameter's schema; templates are only known once they are filled. */
function whyInvalid(schema: Json, value: Json): string | undefined {
  const validate = ajv.compile(Object.fromEntries(Object.entries(schema ?? {})));
  return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: "", separator: ", " }).trim();
}

const membersOf = (schema: Json | undefined): Readonly<Record<string, Json>> =>
  schema !== null && typeof schema === "object" ? Object.fromEntries(Object.entries(schema)) : {};

function describedBy(schema: Json | undefined): string {
  const { description, type } = membersOf(schema);
  return typeof description === "string" ? description : `a ${typeof type === "string" ? type : "value"}`;
}
