import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { givenFacts, givenPlan, givenService, noonMs } from "../../../loop/decision/given-decision.ts";
import { actQuestion } from "../../../loop/decision/policy-questions.ts";
import { policyTestSchema, runPolicyTests } from "../../../loop/decision/policy-test.ts";
import { policyEngineSuite } from "../../../ports/policy.testsuite.ts";
import { cedarPolicyEngine } from "./cedar-policy-engine.ts";
import { policySchemaText } from "./schema.ts";

policyEngineSuite("cedar", cedarPolicyEngine);

const care = new URL("../../../../care/", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, care), "utf8");
const shipped = readdirSync(new URL("policies/", care))
  .filter((file) => file.endsWith(".cedar"))
  .map((file) => ({ file: `policies/${file}`, text: read(`policies/${file}`) }));

const reference = readFileSync(new URL("../docs/reference/policy.md", care), "utf8");
const blocks = (language: string) =>
  [...reference.matchAll(new RegExp("```" + language + "\\n([^`]+)```", "g"))].map((found) => found[1] ?? "");

describe("the policy reference", () => {
  const compiled = cedarPolicyEngine().compile([
    ...shipped,
    { file: "reference.cedar", text: blocks("cedar").join("\n") },
  ]);

  test("has examples that are valid, and policy tests that pass with them", () => {
    expect([blocks("cedar").length, blocks("yaml").length]).toEqual([3, 1]);
    const { spec } = z.object({ spec: policyTestSchema }).parse(parse(blocks("yaml").join("\n")));
    const results = compiled.ok ? runPolicyTests(spec.cases, compiled.value) : [compiled.error];
    expect(results).toEqual(spec.cases.map(({ name }) => ({ name, failures: [] })));
  });

  test("names every fact and attribute that the schema has", () => {
    const members = [...policySchemaText().matchAll(/(\w+)\??: (?:Long|Bool|String|Set<String>|Person)/g)].map(
      (found) => found[1] ?? "",
    );
    expect(members.length).toBeGreaterThan(25);
    expect(members.filter((member) => member !== "principal" && !reference.includes(`\`${member}\``))).toEqual([]);
  });
});

test("a policy without a reason is found again: its file is told", () => {
  const text = `permit (principal, action == Action::"act", resource);`;
  const compiled = cedarPolicyEngine().compile([{ file: "policies/shop.cedar", text }]);
  const question = actQuestion("act", givenPlan(), givenService(), givenFacts(), noonMs);
  expect(compiled.ok && compiled.value(question)).toMatchObject({
    policies: ["policies/shop.cedar:1"],
    files: { "policies/shop.cedar:1": "policies/shop.cedar" },
  });
});

describe("the shipped policies", () => {
  const compiled = cedarPolicyEngine().compile(shipped);

  test("are valid, and are there", () => {
    expect(shipped.length).toBeGreaterThanOrEqual(3);
    expect(compiled).toMatchObject({ ok: true });
  });

  test("answer as their policy tests say", () => {
    const document = z.object({ spec: policyTestSchema }).parse(parse(read("policies/tests/shipped.yaml")));
    const { cases } = document.spec;
    const results = compiled.ok ? runPolicyTests(cases, compiled.value) : [];
    expect(results.length).toBe(cases.length);
    expect(results.filter((result) => result.failures.length > 0)).toEqual([]);
  });

  test("show examples in their comments that work when they are uncommented", () => {
    const text = read("policies/10-observe.cedar");
    const examples = text
      .split("\n")
      .filter((line) => line.startsWith("//   "))
      .map((line) => line.slice(5));
    expect(examples.join("\n").match(/;/g)).toHaveLength(3);
    expect(cedarPolicyEngine().compile([{ file: "examples.cedar", text: examples.join("\n") }])).toMatchObject({
      ok: true,
    });
  });

  test("lie beside the schema they are checked against", () => {
    expect(read("schema.cedarschema")).toBe(policySchemaText());
  });
});
