import { describe, expect, test } from "vitest";
import type { JsonObject } from "../kernel/json.ts";
import type { Ask, PolicyQuestion } from "../loop/decision/ask.ts";
import { policyCaseSchema, runPolicyTests } from "../loop/decision/policy-test.ts";
import { actQuestion, approveQuestion, operateQuestion } from "../loop/decision/policy-questions.ts";
import { givenFacts, givenPlan, givenService, noonMs } from "../loop/decision/given-decision.ts";
import type { PolicyEngine } from "./policy.ts";

const asking = 'permit(principal, action == Action::"act-with-approval", resource);';
const overflows = "when { context.liveIncidents + 9223372036854775807 > 0 }";

const act = (
  question: "act" | "act-with-approval" = "act",
  over: JsonObject = {},
  attributes: JsonObject = {},
): PolicyQuestion => {
  const asked = actQuestion(question, givenPlan(), givenService(), givenFacts(), noonMs);
  return {
    ...asked,
    resource: { ...asked.resource, attributes: { ...asked.resource.attributes, ...attributes } },
    context: { ...asked.context, ...over },
  };
};

const askingCase = (expected: object) =>
  policyCaseSchema.parse({
    name: "n",
    ask: "act-with-approval",
    runbook: { name: "r" },
    service: { name: "s", environment: "e" },
    expect: expected,
  });

/** What every policy engine has to do. Policy texts are Cedar: the language is part of the port (E1). */
export function policyEngineSuite(name: string, make: () => PolicyEngine): void {
  const compile = (...texts: string[]) => make().compile(texts.map((text, i) => ({ file: `${i + 1}.cedar`, text })));
  const compiled = (...texts: string[]): Ask => {
    const result = compile(...texts);
    if (!result.ok) throw new Error(JSON.stringify(result.error, null, 1));
    return result.value;
  };

  describe(`policy engine ${name}`, () => {
    test("without policies nothing is permitted, and nothing forbids", () => {
      expect(compiled()(act())).toMatchObject({ allowed: false, policies: [], errors: [] });
      expect(compiled("// only a comment\n")(act())).toMatchObject({ allowed: false, policies: [], errors: [] });
    });

    test("names the policies that determine, by id or file and place, sorted, with their reasons", () => {
      const ask = compiled(
        `@id("z") @reason("because") permit(principal, action == Action::"act", resource);`,
        `${asking} permit(principal, action == Action::"act", resource);`,
      );
      expect(ask(act())).toMatchObject({
        allowed: true,
        policies: ["2.cedar:2", "z"],
        reasons: { z: "because" },
        errors: [],
      });
    });

    test("a forbid wins and alone is named", () => {
      const ask = compiled(
        `@id("yes") permit(principal, action == Action::"act", resource); @id("no") forbid(principal, action == Action::"act", resource) when { resource.tier <= 2 };`,
      );
      expect(ask(act())).toMatchObject({ allowed: false, policies: ["no"], errors: [] });
      expect(ask(act("act", {}, { tier: 3 }))).toMatchObject({ allowed: true, policies: ["yes"] });
    });

    test("any evaluation error denies and is named (I7)", () => {
      for (const effect of ["permit", "forbid"]) {
        const ask = compiled(
          `permit(principal, action == Action::"act", resource);`,
          `@id("bad") ${effect}(principal, action == Action::"act", resource) ${overflows};`,
        );
        const answer = ask(act());
        expect(answer.allowed).toBe(false);
        expect(answer.errors).toEqual([expect.stringContaining("`bad`")]);
      }
    });

    test.each([
      ["an attribute nobody declared", act("act", {}, { colour: "red" })],
      ["a fact nobody declared", act("act", { moon: 1 })],
      ["a fact of the wrong type", act("act", { storm: "no" })],
      ["a fraction", act("act", { confidencePercent: 0.5 })],
      ["a null", act("act", { hour: null })],
    ])("a question with %s is an error, not a yes (I7)", (_, question) => {
      const ask = compiled(`permit(principal, action == Action::"act", resource);`);
      expect(ask(act()).allowed).toBe(true);
      expect(ask(question)).toMatchObject({ allowed: false, errors: [expect.any(String)] });
    });

    test("the strictest annotations of several permits win", () => {
      const ask = compiled(
        `@quorum("2") @expires("2h") @roles("sre, lead, ops") ${asking}`,
        `@quorum("1") @expires("90m") @roles("lead,sre") ${asking}`,
        asking,
      );
      expect(ask(act("act-with-approval"))).toMatchObject({
        allowed: true,
        annotations: { quorum: "2", expires: "1h30m", roles: "lead,sre" },
        errors: [],
      });
    });

    test("permits without a role in common deny: nobody could approve", () => {
      const answer = compiled(`@roles("sre") ${asking}`, `@roles("lead") ${asking}`)(act("act-with-approval"));
      expect(answer).toMatchObject({ allowed: false, errors: [expect.stringContaining("no role in common")] });
    });

    test("labels are tags; who asked for a run is a person", () => {
      const tagged = compiled(
        `permit(principal, action == Action::"act", resource) when { resource.hasTag("team") && resource.getTag("team") == "shop" };`,
      );
      expect(tagged(act()).allowed).toBe(true);
      expect(tagged(act("act", {}, { labels: {} })).allowed).toBe(false);
      const fourEyes = compiled(
        `permit(principal, action == Action::"approve", resource) unless { resource has requestedBy && resource.requestedBy == principal };`,
      );
      const ann = { kind: "person", name: "ann", roles: [] } as const;
      expect(fourEyes(approveQuestion(ann, givenPlan(), "sha256:00", "approve", noonMs, "bob")).allowed).toBe(true);
      expect(fourEyes(approveQuestion(ann, givenPlan(), "sha256:00", "approve", noonMs, "ann")).allowed).toBe(false);
    });

    test("people and machines operate controls as policy says", () => {
      const ask = compiled(
        `permit(principal is Person, action == Action::"operate", resource) when { resource.kind == "service" && context.verb == "resume" };`,
      );
      const may = (kind: "person" | "machine", value: string) =>
        ask(
          operateQuestion(
            { kind, name: "x", roles: [] },
            { kind: value === "" ? "all" : "service", value },
            "resume",
            noonMs,
          ),
        );
      expect(
        [may("person", "cart"), may("person", ""), may("machine", "cart")].map((answer) => [
          answer.allowed,
          answer.errors,
        ]),
      ).toEqual([
        [true, []],
        [false, []],
        [false, []],
      ]);
    });

    test("unknown health is an absent fact, which policies have to ask for", () => {
      const ask = compiled(
        `permit(principal, action == Action::"act", resource) when { context has healthyInstances && context.healthyInstances >= 1 };`,
      );
      const unknown = actQuestion(
        "act",
        givenPlan(),
        givenService(),
        givenFacts({ healthyInstances: undefined }),
        noonMs,
      );
      expect([ask(act()).allowed, ask(unknown)]).toMatchObject([true, { allowed: false, errors: [] }]);
      expect(
        compile(`permit(principal, action == Action::"act", resource) when { context.healthyInstances >= 1 };`).ok,
      ).toBe(false);
    });

    test.each([
      [
        "a mistyped annotation",
        `permit(principal, action == Action::"act", resource);\n\n@qourum("2")\n${asking}`,
        3,
        "`@qourum`",
        "did you mean `@quorum`?",
      ],
      [
        "an annotation that would promise people",
        `// ü\n@quorum("2")\npermit(principal, action == Action::"act", resource);`,
        2,
        "has no effect here",
        "split the policy",
      ],
      ["a quorum of nobody", `@quorum("0")\n${asking}`, 1, '`@quorum("0")`', "a number from 1 to 99"],
      ["an expiry that is none", `@expires("soon")\n${asking}`, 1, '`@expires("soon")`', "a duration"],
      ["a permit of everything", "permit(principal, action, resource);", 1, "names no action", "name the action"],
      [
        "a mistyped attribute",
        `\n// ünïcödé\npermit(principal, action == Action::"act", resource)\nwhen { resource.teir > 1 };`,
        4,
        "`teir`",
        "did you mean `tier`?",
      ],
      ["a mistyped entity", `forbid(principal is Rnbook, action, resource);`, 1, "`Rnbook`", "did you mean `Runbook`?"],
      ["a mistyped action", `permit(principal, action == Action::"akt", resource);`, 1, "akt", "did you mean"],
      [
        "a broken text",
        `permit(principal, action == Action::"act", resource);\npermit(principal action);`,
        2,
        "unexpected token `action`",
        "",
      ],
      ["a template", `permit(principal == ?principal, action == Action::"act", resource);`, 1, "template", ""],
      [
        "a rule over all actions that speaks of some",
        "forbid(principal, action, resource) when { context.storm };",
        1,
        "`storm`",
        "name the actions",
      ],
      ["a forbid that can never hold", "forbid(principal, action, resource) when { false };", 1, "impossible", ""],
      [
        "two policies of one id",
        `@id("a") ${asking}\n@id("a") ${asking}`,
        2,
        "`a` is taken by the policy at 1.cedar:1",
        "rename",
      ],
    ])("refuses %s, and says where and what to do", (_, text, line, message, fix) => {
      const result = compile(text);
      const errors = result.ok ? [] : result.error;
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({
        file: "1.cedar",
        line,
        message: expect.stringContaining(message),
        fix: expect.stringContaining(fix),
      });
    });

    test("one broken file takes all policies with it, and every fault is told (I7)", () => {
      const result = compile(`permit(principal, action == Action::"act", resource);`, "permit(", `@x("y") ${asking}`);
      expect(result.ok ? [] : result.error.map((error) => error.file)).toEqual(["2.cedar", "3.cedar"]);
    });

    test("semicolons and quotes in comments and texts part nothing", () => {
      const tricky = `// a; "b\npermit(principal, action == Action::"act", resource) when { resource.owner != "x;\\"; // y" }; // end; "`;
      expect(compiled(tricky, tricky)(act())).toMatchObject({ allowed: true, policies: ["1.cedar:1", "2.cedar:1"] });
    });

    test("many config commits later, an old answer is still the old policies' answer", () => {
      const asks = Array.from({ length: 30 }, (_, i) =>
        compiled(`@id("p${i}") permit(principal, action == Action::"act", resource);`),
      );
      expect(asks.map((ask) => ask(act()).policies)).toEqual(asks.map((_, i) => [`p${i}`]));
      expect(asks[0]?.(act()).policies).toEqual(["p0"]);
    });

    test("policy tests run against it", () => {
      const ask = compiled(`@id("p") @quorum("2") ${asking}`);
      expect(runPolicyTests([askingCase({ allowed: true, policies: ["p"], quorum: 2 })], ask)).toEqual([
        { name: "n", failures: [] },
      ]);
      expect(runPolicyTests([askingCase({ allowed: false, quorum: 1 })], ask)[0]?.failures).toEqual([
        "allowed: expected false, got true",
        "quorum: expected 1, got 2",
        "determined by: p",
      ]);
    });
  });
}
