import { describe, expect, test } from "vitest";
import type { JsonObject } from "../kernel/json.ts";
import type { Conditions } from "../loop/plan/conditions.ts";

const facts: JsonObject = {
  service: { name: "cart", tier: 1, labels: { team: "shop" } },
  target: { instances: ["a", "b"], good: null, share: 0.5 },
  many: Array.from({ length: 2_000 }, (_, i) => i),
};

/** What every engine for conditions has to do. Expressions are CEL: the language is part of the port. */
export function conditionsSuite(name: string, make: () => Conditions): void {
  const evaluate = (expression: string) => make().evaluate(expression, facts);

  describe(`conditions ${name}`, () => {
    test.each([
      ["service.tier == 1", true],
      ["service.tier <= 2 && target.share > 0", true],
      ["size(target.instances)", 2],
      ["1 + 2", 3],
      ["target.share * 2.0", 1],
      ["'a' in target.instances", true],
      ["target.instances.map(i, i + '!')", ["a!", "b!"]],
      ["target.instances.exists(i, i == service.name)", false],
      ["target.good == null", true],
      ["has(service.labels.team) && !has(service.labels.nope)", true],
      ["service", { name: "cart", tier: 1, labels: { team: "shop" } }],
      ["{'n': 1, 'l': [1, 'x']}", { n: 1, l: [1, "x"] }],
      ["target.instances[1]", "b"],
      ["service.name.startsWith('ca') ? 'yes' : 'no'", "yes"],
    ])("`%s`", (expression, value) => {
      expect(evaluate(expression)).toEqual({ ok: true, value });
    });

    test.each([
      ["an unknown variable", "nope", "unknown variable `nope`"],
      ["an unknown variable that `||` would hide", "true || nope.x", "unknown variable `nope`"],
      ["a name every object has", "constructor == 1", "unknown variable `constructor`"],
      ["an unknown member", "service.nope", "nope"],
      ["a member every object has", "service.constructor", "constructor"],
      ["a missing place in a list", "target.instances[7]", "7"],
      ["types that do not fit", "service.name + 1", "no such overload"],
      ["a condition that is no truth value", "service.name && true", ""],
      ["what JSON cannot carry: infinity", "target.share / 0.0", "JSON"],
      ["what JSON cannot carry: a time", "timestamp('2026-01-01T00:00:00Z')", "JSON"],
      ["what JSON cannot carry: too large a number", "9223372036854775807", "JSON"],
      ["what JSON cannot carry, deep down", "[[duration('1h')]]", "JSON"],
      ["a broken text", "1 +", "1 +"],
      ["a regular expression", "service.name.matches('(a+)+$')", "use `contains`"],
      ["work without end", "many.all(a, many.all(b, a != b))", "at most"],
      ["comprehensions too deep", "many.all(a, many.all(b, many.all(c, true)))", "deep, at most"],
    ])("%s is an error, never true (I7)", (_, expression, message) => {
      const result = evaluate(expression);
      expect(result.ok ? `gave ${JSON.stringify(result.value)}` : result.error).toContain(message);
      expect(result.ok).toBe(false);
    });

    test("check tells a broken expression from a sound one, without facts", () => {
      const conditions = make();
      expect(conditions.check("service.tier == 1 && nobody.knows")).toEqual({ ok: true, value: undefined });
      for (const broken of [
        "1 +",
        "",
        "'a' + 1",
        "x.matches('y')",
        `${"1+".repeat(5_000)}1`,
        `${"(".repeat(500)}1${")".repeat(500)}`,
      ]) {
        expect(conditions.check(broken).ok).toBe(false);
      }
    });

    test("the same expression gives the facts' answer each time", () => {
      const conditions = make();
      expect([1, 2, 1].map((x) => conditions.evaluate("x == 1", { x }))).toEqual(
        [true, false, true].map((value) => ({ ok: true, value })),
      );
    });

    test("facts are left as they were", () => {
      const given = { list: [3, 1, 2] };
      make().evaluate("list.map(x, x * 2.0)", given);
      expect(given).toEqual({ list: [3, 1, 2] });
    });
  });
}
