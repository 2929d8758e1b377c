import { expect, test } from "vitest";
import type { ActiveConfig } from "../ports/config.ts";
import { warnPolicies } from "./warn-policies.ts";

const config = {
  services: [{ name: "hello", environment: "staging" }],
  runbooks: [{ name: "release-rollback" }],
} as unknown as ActiveConfig;

const warned = (text: string) =>
  warnPolicies([{ file: "policies/a.cedar", text }], config).map(
    (w) => `${w.line}:${w.column} ${w.message} | ${w.fix}`,
  );

test.each([
  ['forbid (principal, action, resource == Service::"helo");', "service `helo`", "did you mean `hello`"],
  [
    'permit (principal == Runbook::"relase-rollback", action, resource);',
    "runbook `relase-rollback`",
    "release-rollback",
  ],
  ['permit (principal, action, resource) when { resource.environment == "stagin" };', "`stagin`", "`staging`"],
])("a guard that is misspelt does not pass for one: %s", (text, what, meant) => {
  const [warning, ...more] = warned(`// Service::"nobody"\n${text}`);
  expect(more).toEqual([]);
  expect(warning).toMatch(/^2:/);
  expect(warning).toContain(what);
  expect(warning).toContain(meant);
});

test("what is there is not warned of", () => {
  const text =
    'permit (principal == Runbook::"release-rollback", action, resource == Service::"hello") when { resource.environment == "staging" };';
  expect(warned(text)).toEqual([]);
});
