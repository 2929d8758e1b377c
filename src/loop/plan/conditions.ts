import type { Json, JsonObject } from "../../kernel/json.ts";
import type { Result } from "../../kernel/result.ts";

/** CEL, as pure functions. Errors are texts a person can act on; an error never counts as true (I7). */
export interface Conditions {
  /** Checks that an expression parses. */
  check(expression: string): Result<void, string>;
  /** Evaluates to any JSON value. Unknown variables and type errors are errors. */
  evaluate(expression: string, facts: JsonObject): Result<Json, string>;
}
