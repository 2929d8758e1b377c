import { err, ok, type Result } from "../../kernel/result.ts";
import type { Ask } from "./ask.ts";
import { askSafely } from "./ask-safely.ts";
import type { AnswerRefusal } from "./approve.ts";
import type { StopScope } from "./decision.ts";
import { operateQuestion, type Identity } from "./policy-questions.ts";
import { formatStopScope } from "./stop.ts";

/** Stopping and resuming are of any scope; closing is of an incident. */
export type Verb = "stop" | "resume" | "close";

/**
 * Whether this caller may stop or resume a scope, or close an incident. Stopping only narrows, so whoever is let in to operate
 * may always stop, also when the policies are broken (I8). Resuming widens, and closing says that a person takes over, so a
 * policy has to permit it, and an error refuses (I7).
 * Takes an authenticated caller whose token has scope `operate`. Gives the policies that permitted.
 */
export function mayOperate(
  caller: Identity,
  scope: StopScope,
  verb: Verb,
  ask: Ask,
  nowMs: number,
): Result<readonly string[], AnswerRefusal> {
  if (verb === "stop") return ok([]);
  const answer = askSafely(ask, operateQuestion(caller, scope, verb, nowMs));
  if (answer.allowed) return ok(answer.policies);
  if (answer.errors.length > 0)
    return err({
      code: "denied",
      message: `the policies met errors, so nobody is permitted to ${verb}: see \`homeostat check\``,
      reasons: answer.errors,
    });
  const by = answer.policies.length === 0 ? "no policy permits" : "a policy forbids";
  return err({
    code: "denied",
    message: `${by} \`${caller.name}\` to ${verb} \`${formatStopScope(scope)}\`: ask somebody whom the policies permit`,
    reasons: answer.policies,
  });
}
