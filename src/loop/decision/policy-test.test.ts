import { expect, test } from "vitest";
import type { PolicyQuestion } from "./ask.ts";
import { answer, askOf } from "./given-decision.ts";
import { policyCaseSchema, runPolicyTests, type PolicyCase } from "./policy-test.ts";

const operate = (over: object): PolicyCase =>
  policyCaseSchema.parse({
    name: "n",
    ask: "operate",
    scope: "all",
    verb: "resume",
    expect: { allowed: false },
    ...over,
  });
const failuresOf = (given: PolicyCase, ask = askOf({})) => runPolicyTests([given], ask)[0]?.failures;

const calmCase = (facts: object) =>
  policyCaseSchema.parse({
    name: "n",
    ask: "act",
    runbook: { name: "r" },
    service: { name: "s", environment: "e" },
    facts,
    expect: { allowed: false },
  });

test("what a case leaves out is a calm noon, and `null` health is not known", () => {
  const seen: PolicyQuestion[] = [];
  runPolicyTests([calmCase({ storm: true }), calmCase({ healthyInstances: null })], (question) => {
    seen.push(question);
    return answer();
  });
  expect(seen[0]?.context).toMatchObject({ hour: 12, storm: true, freeze: false, healthyInstances: 2 });
  expect(seen[1]?.context).not.toHaveProperty("healthyInstances");
});

test.each([
  ["neither a person nor a machine", operate({}), "name either a `person` or a `machine`"],
  ["both", operate({ person: { name: "a" }, machine: { name: "b" } }), "name either a `person` or a `machine`"],
  ["a scope that is none", operate({ person: { name: "a" }, scope: "planet/earth" }), "unknown scope `planet/earth`"],
])("a case that names %s fails, it is not skipped", (_, given, message) => {
  expect(failuresOf(given)).toEqual([expect.stringContaining(message)]);
});

test("a case that meets an error fails even when it expects a no (I7)", () => {
  expect(failuresOf(operate({ person: { name: "a" } }), askOf({ operate: { errors: ["overflow"] } }))).toEqual([
    "error: overflow",
  ]);
});

test("a misspelt member of a case is refused", () => {
  expect(
    policyCaseSchema.safeParse({
      name: "n",
      ask: "act",
      runbook: { name: "r" },
      service: { name: "s", environment: "e" },
      fact: {},
      expect: { allowed: true },
    }).success,
  ).toBe(false);
});
