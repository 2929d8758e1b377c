import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { celConditions } from "../../adapters/condition/cel/cel-conditions.ts";
import { digestOf } from "../../kernel/digest.ts";
import type { Json } from "../../kernel/json.ts";
import { bindPlan } from "./bind-plan.ts";
import { expressionRoots } from "./expression-roots.ts";
import { fill, fillMembers, fillUndo } from "./fill.ts";
import { hypothesisOf, planFacts, runbookOf } from "./plan-scene.testsuite.ts";
import { candidates, proposePlan } from "./propose-plan.ts";
import { parseTemplate } from "./template.ts";

const cel = celConditions();
const bad = hypothesisOf("bad-release");
const [step] = runbookOf().steps;
if (!step) throw new Error("the runbook has a step");

/** The same content with every object's members in another order. */
function shuffled(value: Json, order: () => number): Json {
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map((member) => shuffled(member, order));
  const entries = Object.entries(value).map(([key, member]) => ({ key, member, at: order() }));
  const moved = entries.toSorted((a, b) => a.at - b.at).map(({ key, member }) => [key, shuffled(member, order)]);
  return Object.fromEntries(moved);
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** The same for any plain value. */
function reordered<T>(value: T, order: () => number): T {
  const plain: Json = JSON.parse(JSON.stringify(value));
  return JSON.parse(JSON.stringify(shuffled(plain, order)));
}

describe("bindPlan", () => {
  it("gives the same digest for the same content in any order, and another for other content", () => {
    const facts = planFacts();
    const runbook = runbookOf({
      steps: [{ ...step, forEach: "known.flags.map(k, k)", with: { to: "${each}", all: "${known.config}" } }],
    });
    const known = { ...facts.known, flags: { b: "on", a: "off", c: "on" } };
    const plan = (r = runbook, f = { ...facts, known }) => {
      const made = bindPlan(r, bad, f, cel);
      if (!made.ok) throw new Error(made.error.join());
      return digestOf(made.value);
    };
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer()), (numbers) => {
        const order = () => numbers.next().value ?? 0;
        expect(plan(reordered(runbook, order), reordered({ ...facts, known }, order))).toBe(plan());
      }),
      { numRuns: 50 },
    );
    const elsewhere = { ...facts, known, target: { ...facts.target, release: "v3" } };
    expect(plan(runbook, elsewhere)).not.toBe(plan());
    const later = { ...facts, known, target: { ...facts.target, atMs: 99_000 } };
    expect(plan(runbook, later)).toBe(plan());
  });

  it("repeats a step per member, names it after it and binds gates and undo with it", () => {
    const runbook = runbookOf({
      steps: [
        {
          ...step,
          id: "restart",
          action: "process.restart",
          forEach: "target.instances",
          with: { instance: "${each.name}", clearScratch: "${each.name == 'shop-2'}" },
          gates: [{ type: "health", successes: 2, instance: "${each.name}" }],
          undo: [
            { action: "release.switch", with: { to: "${before.release}" } },
            { action: "process.restart", forEach: "target.instances", with: { instance: "${each.name}" } },
          ],
        },
      ],
    });
    const made = bindPlan(runbook, bad, planFacts(), cel);
    expect(made).toMatchObject({
      ok: true,
      value: {
        steps: [
          {
            id: "restart[shop-1]",
            parameters: { instance: "shop-1", clearScratch: false },
            instances: ["shop-1"],
            gates: [{ instance: "shop-1" }],
            undo: [
              { with: { to: "${before.release}" } },
              { with: { instance: "shop-1" } },
              { with: { instance: "shop-2" } },
            ],
          },
          { id: "restart[shop-2]", parameters: { instance: "shop-2", clearScratch: true }, instances: ["shop-2"] },
        ],
      },
    });
  });

  it("says every reason why it does not apply", () => {
    const facts = planFacts();
    const runbook = runbookOf({
      preconditions: [
        { expression: "target.release == 'v9'", otherwise: "not on v9" },
        { expression: "known.nothing > 3", otherwise: "nothing is known" },
        { expression: "'yes'", otherwise: "not really true" },
      ],
    });
    const made = bindPlan(runbook, bad, facts, cel);
    expect(made).toMatchObject({
      ok: false,
      error: ["not on v9", expect.stringMatching(/^nothing is known \(.*nothing/), "not really true"],
    });
    const nobody = bindPlan(runbookOf({ steps: [{ ...step, forEach: "[]" }] }), bad, facts, cel);
    expect(nobody).toMatchObject({ ok: false, error: ["no step applies to this target"] });
    const unknown = bindPlan(runbookOf(), bad, { ...facts, known: {} }, cel);
    expect(unknown).toMatchObject({ ok: false, error: [expect.stringContaining("switch: to:")] });
    const other = bindPlan(runbookOf(), hypothesisOf("bad-release", { service: "cart" }), facts, cel);
    expect(other).toMatchObject({ ok: false, error: [expect.stringContaining("`cart`")] });
    const twice = bindPlan(runbookOf({ steps: [{ ...step, forEach: "['a', 'a']" }] }), bad, facts, cel);
    expect(twice).toMatchObject({ ok: false, error: ["two steps would be called `switch[a]`"] });
    const many = "[1,2,3,4,5,6,7,8,9,10,11]";
    const steps = Array.from({ length: 10 }, (_, i) => ({ ...step, id: `s${i}`, forEach: many }));
    expect(bindPlan(runbookOf({ steps }), bad, facts, cel)).toMatchObject({
      ok: false,
      error: [expect.stringContaining("110 steps")],
    });
  });
});

describe("templates", () => {
  it("keep the type of a whole expression, join parts to a text, and take quotes and braces apart", () => {
    const facts = { a: { n: 2, s: "x", list: [1, 2] } };
    const filled = (text: string) => fill(text, { facts, conditions: cel });
    expect(filled("${a.n}")).toEqual({ ok: true, value: 2 });
    expect(filled("${a.list}")).toEqual({ ok: true, value: [1, 2] });
    expect(filled("${a.s}-${a.n}!")).toEqual({ ok: true, value: "x-2!" });
    expect(filled("$${a.s}")).toEqual({ ok: true, value: "${a.s}" });
    expect(filled("${ {'}': 'brace'}['}'] }")).toEqual({ ok: true, value: "brace" });
    expect(filled("so ${a.list}")).toMatchObject({ ok: false });
    expect(filled("${a.s")).toMatchObject({ ok: false, error: expect.stringContaining("never closes") });
    expect(filled("")).toEqual({ ok: true, value: "" });
  });

  it("never take what a value says for a template, at once or in the undo", () => {
    const text = fc.array(fc.constantFrom("${", "$${", "}", "$", "before.secret", "a", " "), { maxLength: 12 });
    fc.assert(
      fc.property(text, (parts) => {
        const said = parts.join("");
        const facts = { each: { name: said } };
        expect(fill("${each.name}", { facts, conditions: cel })).toEqual({ ok: true, value: said });
        const undo = fillMembers(
          { a: "${each.name}", b: ["${each}"], c: "${each.name}${before.x}", d: "${each.name}{before.x}" },
          { facts, conditions: cel, later: ["before"] },
        );
        if (!undo.ok) throw new Error(undo.error);
        const bound = { id: "s", undo: [{ action: "a.b", with: undo.value }] } as const;
        expect(fillUndo(bound, { x: "y", secret: "told" }, cel)).toEqual({
          ok: true,
          value: [{ action: "a.b", with: { a: said, b: [{ name: said }], c: `${said}y`, d: `${said}{before.x}` } }],
        });
      }),
    );
  });

  it("put back together what they were cut from", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const cut = parseTemplate(text);
        if (!cut.ok) return;
        const joined = cut.value.map((p) => ("text" in p ? p.text.replaceAll("${", "$${") : p.source)).join("");
        expect(joined).toBe(text);
      }),
    );
  });

  it("know the variables an expression reads", () => {
    const roots = expressionRoots;
    expect(roots("target.instances.all(i, i.alive && known.x[i.name] == 'each.y')")).toEqual(["known", "target"]);
    expect(roots("has(a.b) ? size(c) : 1.5e3 + 0x1F // d")).toEqual(["a", "c"]);
    expect(roots("x in [true, null, \"q\"] && r'raw\\'")).toEqual(["x"]);
  });
});

describe("fillUndo", () => {
  it("takes what was captured, all or nothing, and has nothing for the irreversible", () => {
    const undo = [{ action: "release.switch", with: { to: "${before.release}" } }] as const;
    expect(fillUndo({ id: "s", undo }, { release: "v1" }, cel)).toEqual({
      ok: true,
      value: [{ action: "release.switch", with: { to: "v1" } }],
    });
    expect(fillUndo({ id: "s", undo }, {}, cel)).toMatchObject({ ok: false });
    expect(fillUndo({ id: "s", undo: { irreversible: "gone" } }, {}, cel)).toEqual({ ok: true, value: [] });
  });
});

describe("proposePlan", () => {
  const flag = hypothesisOf("bad-flag", { confidence: 0.6, id: "h2" });
  const diagnosis = {
    incidentId: "inc-1",
    atMs: 0,
    hypotheses: [bad, flag, hypothesisOf("overload", { confidence: 0.1 })],
    missing: [],
    inputs: `sha256:${"1".repeat(64)}` as const,
  };
  const release = runbookOf();
  const turn = runbookOf({ name: "flag", causes: ["bad-flag"], confidenceMin: 0.6 });
  const rough = runbookOf({ name: "a-rough-one", risk: "high" });
  const propose = (tried: string[] = [], runbooks = [turn, rough, release]) =>
    proposePlan(diagnosis, runbooks, () => planFacts(), tried, cel);

  it("takes the most credible hypothesis, and of its runbooks the least risky", () => {
    expect(candidates([turn, rough, release], diagnosis).map((c) => c.runbook.name)).toEqual([
      "turn",
      "a-rough-one",
      "flag",
    ]);
    expect(propose()).toMatchObject({ ok: true, value: { hypothesisId: "h-bad-release", runbook: { name: "turn" } } });
  });

  it("goes on to the next when one was tried or does not apply", () => {
    expect(propose(["shop/bad-release"])).toMatchObject({ ok: true, value: { hypothesisId: "h2" } });
    const never = runbookOf({ preconditions: [{ expression: "false", otherwise: "never" }] });
    expect(propose([], [never, turn])).toMatchObject({ ok: true, value: { runbook: { name: "flag" } } });
  });

  it("says why nothing applies", () => {
    const unsure = runbookOf({ name: "calm", causes: ["overload"] });
    const refused = propose(["shop/bad-release"], [release, unsure]);
    expect(refused.ok ? [] : refused.error.toSorted()).toEqual([
      "no runbook answers bad-flag of shop",
      "overload of shop is 10 % sure; its runbooks need 50 %",
      "turn for bad-release of shop: tried already in this incident",
    ]);
    expect(proposePlan({ ...diagnosis, hypotheses: [] }, [release], () => planFacts(), [], cel)).toEqual({
      ok: false,
      error: ["no credible hypothesis"],
    });
    const undeclared = proposePlan(diagnosis, [release], () => undefined, [], cel);
    expect(undeclared).toMatchObject({
      ok: false,
      error: expect.arrayContaining([expect.stringContaining("declares no service")]),
    });
  });
});
