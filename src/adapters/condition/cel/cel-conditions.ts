// CEL, bounded (I11) and strict (I7): what is not known is an error, even where CEL would let `|| true` hide it.
import {
  Environment,
  EvaluationError,
  ParseError,
  TypeError as CelTypeError,
  type ParseResult,
} from "@marcbachmann/cel-js";
import { err, ok, type Result } from "../../../kernel/result.ts";
import type { Json, JsonObject } from "../../../kernel/json.ts";
import type { Conditions } from "../../../loop/plan/conditions.ts";
import { outline, type Outline } from "./outline.ts";
import { jsonOf } from "./json-of.ts";

/** Bounds of one expression. `costMax` counts visited nodes, estimated from the largest list or map in the facts before evaluating. */
export interface CelLimits {
  readonly lengthMax: number;
  readonly nodesMax: number;
  readonly depthMax: number;
  readonly costMax: number;
  /** Parsed expressions kept. */
  readonly cacheMax: number;
}

const defaultLimits: CelLimits = { lengthMax: 2_000, nodesMax: 300, depthMax: 32, costMax: 1_000_000, cacheMax: 1_000 };

/** Comprehensions in one expression and within each other: each may multiply the work of the one around it. */
const macrosMax = 4;
const nestingMax = 2;

/** Loops of a regular expression cannot be bounded in JavaScript, so `matches` is left out (a text could hold up the loop). */
const refused: Readonly<Record<string, string>> = {
  matches: "use `contains`, `startsWith` or `endsWith`",
  bind: "write the expression out",
};

interface Parsed {
  readonly run: ParseResult;
  readonly outline: Outline;
}

const summary = (cause: unknown): string => {
  const ofCel = cause instanceof EvaluationError || cause instanceof ParseError || cause instanceof CelTypeError;
  const text = ofCel ? cause.summary : cause instanceof Error ? cause.message : String(cause);
  const line = text.split("\n", 1)[0] ?? "";
  return line.charAt(0).toLowerCase() + line.slice(1);
};

function tooMuch(shape: Outline): string | undefined {
  const bad = shape.calls.find((call) => Object.hasOwn(refused, call));
  if (bad !== undefined) return `\`${bad}\` is not available: ${String(refused[bad])}`;
  if (shape.macros > macrosMax) return `${shape.macros} comprehensions, at most ${macrosMax}: split the condition`;
  if (shape.nesting > nestingMax)
    return `comprehensions ${shape.nesting} deep, at most ${nestingMax}: split the condition`;
  return undefined;
}

/** The most members any one list or map, or characters any text, in the facts has. */
function largest(value: Json): number {
  if (typeof value === "string") return value.length;
  if (value === null || typeof value !== "object") return 1;
  const members: readonly Json[] = Array.isArray(value) ? value : Object.values(value);
  return members.reduce<number>((most, member) => Math.max(most, largest(member)), members.length);
}

function parse(environment: Environment, expression: string, limits: CelLimits): Result<Parsed, string> {
  if (expression.length > limits.lengthMax)
    return err(`the condition has ${expression.length} characters, at most ${limits.lengthMax}: split it`);
  const shown = `condition \`${expression}\``;
  try {
    const run = environment.parse(expression);
    const typed = run.check();
    if (!typed.valid) return err(`${shown}: ${summary(typed.error)}`);
    const shape = outline(run.ast);
    const excess = tooMuch(shape);
    return excess === undefined ? ok({ run, outline: shape }) : err(`${shown}: ${excess}`);
  } catch (cause) {
    return err(`${shown}: ${summary(cause)}`);
  }
}

function evaluateParsed({ run, outline: shape }: Parsed, facts: JsonObject, limits: CelLimits): Result<Json, string> {
  const missing = shape.variables.find((name) => !Object.hasOwn(facts, name));
  if (missing !== undefined) {
    const names = Object.keys(facts)
      .toSorted()
      .map((name) => `\`${name}\``);
    return err(`unknown variable \`${missing}\`: use one of ${names.join(", ") || "none, there are no facts here"}`);
  }
  const cost = shape.nodes * largest(facts) ** shape.nesting;
  if (shape.nesting > 0 && cost > limits.costMax)
    return err(`the condition would visit about ${cost} nodes, at most ${limits.costMax}: look at fewer members`);
  try {
    return jsonOf(run(facts));
  } catch (cause) {
    return err(summary(cause));
  }
}

/**
 * CEL on cel-js. JSON numbers are CEL doubles, as in every JSON binding of CEL: compare them with any number, but
 * calculate with `1.0`, not `1`. No clock, no regular expressions, no macros that bind. Parsed expressions are kept, the oldest go first.
 */
export function celConditions(overrides: Partial<CelLimits> = {}): Conditions {
  const limits = { ...defaultLimits, ...overrides };
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    limits: {
      maxAstNodes: limits.nodesMax,
      maxDepth: limits.depthMax,
      maxListElements: limits.nodesMax,
      maxMapEntries: limits.nodesMax,
    },
  });
  const cache = new Map<string, Result<Parsed, string>>();
  const parsed = (expression: string): Result<Parsed, string> => {
    const found = cache.get(expression) ?? parse(environment, expression, limits);
    cache.delete(expression);
    if (expression.length <= limits.lengthMax) cache.set(expression, found);
    const [oldest] = cache.keys();
    if (cache.size > limits.cacheMax && oldest !== undefined) cache.delete(oldest);
    return found;
  };
  return {
    check(expression) {
      const found = parsed(expression);
      return found.ok ? ok(undefined) : found;
    },
    evaluate(expression, facts) {
      const found = parsed(expression);
      if (!found.ok) return found;
      const value = evaluateParsed(found.value, facts, limits);
      return value.ok ? value : err(`condition \`${expression}\`: ${value.error}`);
    },
  };
}
