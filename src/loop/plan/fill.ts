import type { Json, JsonObject } from "../../kernel/json.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Conditions } from "./conditions.ts";
import { expressionRoots } from "./expression-roots.ts";
import type { PlanStep } from "./plan.ts";
import type { ActionName } from "./runbook.ts";
import { parseTemplate } from "./template.ts";

/** What templates are filled from. Expressions that read a variable named in `later` are left as they are. */
export interface Filling {
  readonly facts: JsonObject;
  readonly conditions: Conditions;
  readonly later?: readonly string[];
}

/**
 * Fills every `${cel}` of a value. A text that is exactly one `${…}` takes the value's type; within a longer text only
 * texts, numbers and booleans fit.
 */
export function fill(value: Json, filling: Filling): Result<Json, string> {
  if (typeof value === "string") return fillText(value, filling);
  if (value === null || typeof value !== "object") return ok(value);
  if (!isList(value)) return fillMembers(value, filling);
  const members: Json[] = [];
  for (const member of value) {
    const filled = fill(member, filling);
    if (!filled.ok) return filled;
    members.push(filled.value);
  }
  return ok(members);
}

/** The same for an object's members; an error names the member. */
export function fillMembers(members: JsonObject, filling: Filling): Result<JsonObject, string> {
  const entries: [string, Json][] = [];
  for (const [key, member] of Object.entries(members)) {
    const filled = fill(member, filling);
    if (!filled.ok) return err(`${key}: ${filled.error}`);
    entries.push([key, filled.value]);
  }
  return ok(Object.fromEntries(entries));
}

/**
 * A step's undo, made literal with what its actuator captured before the act (I5, H4). In order; an irreversible step
 * has none. All or nothing: one action that cannot be filled refuses the whole undo.
 */
export function fillUndo(
  step: Pick<PlanStep, "id" | "undo">,
  before: Json,
  conditions: Conditions,
): Result<{ readonly action: ActionName; readonly with: JsonObject }[], string> {
  if ("irreversible" in step.undo) return ok([]);
  const actions: { readonly action: ActionName; readonly with: JsonObject }[] = [];
  for (const undo of step.undo) {
    const filled = fillMembers(undo.with, { facts: { before }, conditions });
    if (!filled.ok) return err(`${undo.action}: ${filled.error}`);
    actions.push({ action: undo.action, with: filled.value });
  }
  return ok(actions);
}

function fillText(text: string, filling: Filling): Result<Json, string> {
  const { facts, conditions, later = [] } = filling;
  const parsed = parseTemplate(text);
  if (!parsed.ok) return parsed;
  // What is filled now is filled again later: what looks like a template in a value must stay a text then too (I9).
  const literal = (value: Json): Json => (later.length > 0 ? escaped(value) : value);
  const filled: Json[] = [];
  for (const part of parsed.value) {
    if ("text" in part) filled.push(literal(part.text));
    else if (readsAny(part.expression, later)) filled.push(part.source);
    else {
      const value = conditions.evaluate(part.expression, facts);
      if (!value.ok) return err(value.error);
      filled.push(literal(value.value));
    }
  }
  return join(text, filled);
}

function join(text: string, parts: readonly Json[]): Result<Json, string> {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return ok(only);
  if (parts.some((v) => v === null || typeof v === "object"))
    return err(`\`${text}\` holds a value that is no text; let the whole text be one \`\${…}\``);
  return ok(parts.map(String).join(""));
}

function escaped(value: Json): Json {
  // A `$` opens a template only together with what follows it, which may be in the next part.
  if (typeof value === "string") return value.replaceAll(/\$(?=\$*(\{|$))/g, "${'$$'}");
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map(escaped);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, escaped(member)]));
}

const readsAny = (expression: string, names: readonly string[]): boolean =>
  names.length > 0 && expressionRoots(expression).some((root) => names.includes(root));

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
