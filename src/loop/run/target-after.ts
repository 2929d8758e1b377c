import { textOfJson, type Json } from "../../kernel/json.ts";
import { flagText } from "../signal/observed-change.ts";
import type { TargetState } from "../signal/target-state.ts";

/** The bound part of a target as words: what Homeostat expects to find when it looks again. */
export interface Expectation {
  readonly release: string | null;
  readonly config: Readonly<Record<string, string>>;
  readonly flags: Readonly<Record<string, string>>;
}

export const expectationOf = (target: TargetState): Expectation => ({
  release: target.release ?? null,
  config: { ...target.config },
  flags: Object.fromEntries(Object.entries(target.flags ?? {}).map(([name, value]) => [name, flagText(value)])),
});

/** What must be there after an own step, so that whatever else is found was done by somebody else. */
export function expectedAfter(
  before: Expectation,
  action: string,
  parameters: Readonly<Record<string, Json>>,
): Expectation {
  const text = (name: string): string => textOfJson(parameters[name]);
  if (action === "release.switch") return { ...before, release: text("to") };
  if (action === "config.restore") return { ...before, config: { ...before.config, [text("file")]: text("digest") } };
  if (action === "flag.set") {
    const value = parameters["state"] === "DISABLED" ? "disabled" : text("variant");
    return { ...before, flags: { ...before.flags, [text("flag")]: value } };
  }
  return before;
}

/** What on the target is not as expected, in words; empty when nobody else changed it. Unreadable counts as changed (I7). */
export function surprises(expected: Expectation, found: TargetState): string[] {
  const now = expectationOf(found);
  const differs = (what: string, was: string | null | undefined, is: string | null | undefined): string[] =>
    (was ?? null) === (is ?? null) ? [] : [`${what} is ${is ?? "unreadable"}, expected ${was ?? "none"}`];
  return [
    ...differs("the release", expected.release, now.release),
    ...Object.keys(expected.config).flatMap((file) =>
      differs(`config \`${file}\``, expected.config[file], now.config[file]),
    ),
    ...Object.keys(expected.flags).flatMap((flag) =>
      differs(`flag \`${flag}\``, expected.flags[flag], now.flags[flag]),
    ),
  ];
}

/**
 * What somebody else made of the target while an own step was under way, in words: bound values that are neither those
 * before the step nor those after it. What cannot be read tells nothing of anybody, and is left out.
 */
export function otherHands(before: Expectation, after: Expectation, found: TargetState): string[] {
  const now = expectationOf(found);
  const differs = (what: string, is: string | null | undefined, ...ours: (string | null | undefined)[]): string[] =>
    is === null || is === undefined || ours.includes(is) ? [] : [`${what} is ${is}, by somebody else's hands`];
  return [
    ...differs("the release", now.release, before.release, after.release),
    ...Object.entries(now.config).flatMap(([file, is]) =>
      differs(`config \`${file}\``, is, before.config[file], after.config[file]),
    ),
    ...Object.entries(now.flags).flatMap(([flag, is]) =>
      differs(`flag \`${flag}\``, is, before.flags[flag], after.flags[flag]),
    ),
  ];
}
