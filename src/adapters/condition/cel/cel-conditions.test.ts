import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../../kernel/json.ts";
import { conditionsSuite } from "../../../ports/condition.testsuite.ts";
import { celConditions } from "./cel-conditions.ts";

conditionsSuite("cel", () => celConditions());

test("any JSON comes through unchanged", () => {
  const conditions = celConditions();
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const given: Json = JSON.parse(JSON.stringify(value));
      expect(conditions.evaluate("[x]", { x: given })).toEqual({ ok: true, value: [given] });
    }),
  );
});

test("no text makes it throw", () => {
  const conditions = celConditions();
  const token = fc.constantFrom(
    "x",
    "y",
    "1",
    "2.5",
    "'s'",
    "+",
    "-",
    "(",
    ")",
    "[",
    "]",
    ".",
    "==",
    "&&",
    "||",
    "!",
    "?",
    ":",
    "all",
    "map",
    "{",
    "}",
    ",",
    "in",
    "null",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(token, { maxLength: 12 }).map((parts) => parts.join(" ")),
      ),
      (expression) => {
        const checked = conditions.check(expression);
        const evaluated = conditions.evaluate(expression, { x: { y: [1, 2] } });
        expect(!checked.ok && evaluated.ok).toBe(false);
      },
    ),
  );
});

test("keeps a bounded number of parsed expressions (I11)", () => {
  const conditions = celConditions({ cacheMax: 2 });
  for (const _ of [1, 2])
    for (const n of [1, 2, 3, 4]) expect(conditions.evaluate(`${n} + x`, { x: 0 }).ok).toBe(false);
  expect(conditions.evaluate("1.0 + x", { x: 0 })).toEqual({ ok: true, value: 1 });
});
