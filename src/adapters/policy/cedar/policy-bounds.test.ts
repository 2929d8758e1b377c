import { expect, test } from "vitest";
import { cedarPolicyEngine } from "./cedar-policy-engine.ts";

const permit = (when: string): string =>
  `@id("deep")\npermit (principal, action == Action::"act", resource)\nwhen { ${when} };\n`;
const compile = (text: string) => cedarPolicyEngine().compile([{ file: "a.cedar", text }]);
const nested = (open: string, levels: number, close: string): string =>
  permit(`${open.repeat(levels)}true${close.repeat(levels)}`);

test.each([
  ["brackets", nested("(", 20_000, ")"), "nested more than 40 levels deep"],
  ["sets", nested("[", 20_000, "]"), "nested more than 40 levels deep"],
  ["conditions", nested("if true then ", 20_000, " else false"), "more than 1000 operators"],
  ["members", permit(`resource${".a".repeat(20_000)}`), "more than 1000 operators"],
  ["a chain", permit(`${"true && ".repeat(20_000)}true`), "more than 1000 operators"],
])("%s without end are refused at their place, and the engine answers on", (_what, text, message) => {
  const good = compile(permit("context.hour > 3"));
  const refused = compile(text);
  expect(refused).toMatchObject({
    ok: false,
    error: [{ file: "a.cedar", line: 3, expected: expect.stringContaining("at most") }],
  });
  expect(JSON.stringify(refused)).toContain(message);
  expect([good.ok, compile(permit("true")).ok]).toEqual([true, true]);
});

test("what a person would write is far below the bounds, and quoted brackets do not count", () => {
  const quoted = `resource.owner == "${"([{.".repeat(2_000)}" // ${"((".repeat(500)}\n`;
  expect(compile(permit(quoted))).toMatchObject({ ok: true });
  expect(compile(nested("(", 38, ")"))).toMatchObject({ ok: true });
  expect(compile(permit(`${"true && ".repeat(400)}true`))).toMatchObject({ ok: true });
});
