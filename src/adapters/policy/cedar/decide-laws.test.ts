// Laws of deciding, on real Cedar: what may happen only ever narrows (I7), and the order of things changes nothing.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "../../../kernel/digest.ts";
import { decide } from "../../../loop/decision/decide.ts";
import type { Decision } from "../../../loop/decision/decision.ts";
import type { DecisionFacts } from "../../../loop/decision/decision-facts.ts";
import { givenFacts, givenPlan, givenRun, noonMs } from "../../../loop/decision/given-decision.ts";
import { defaultRestraints } from "../../../loop/decision/restraints.ts";
import { cedarPolicyEngine } from "./cedar-policy-engine.ts";

const runs = { numRuns: 150 };
const engine = cedarPolicyEngine();
const ask = (policies: readonly string[]) => {
  // A decision names the files of policies: a policy stays in its own, in whatever order they come.
  const result = engine.compile(policies.map((text) => ({ file: `${digestOf(text).slice(7, 19)}.cedar`, text })));
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

/** How much an effect lets happen: acting, acting once a person agrees, nothing. */
const reach = ({ effect }: Decision): number => (effect === "allow" ? 2 : effect === "ask" ? 1 : 0);

const permitText = fc
  .record({
    action: fc.constantFrom("act", "act-with-approval"),
    when: fc.constantFrom(
      'resource.environment == "staging"',
      "context.confidencePercent >= 80",
      "resource.tier >= 2",
      "context.liveIncidents < 3",
      'principal.risk == "high"',
    ),
    quorum: fc.constantFrom(undefined, "1", "2"),
  })
  .map(
    ({ action, when, quorum }) =>
      `${quorum !== undefined && action !== "act" ? `@quorum("${quorum}") ` : ""}permit(principal, action == Action::"${action}", resource) when { ${when} };`,
  );
const forbidText = fc
  .record({
    action: fc.constantFrom('== Action::"act"', 'in [Action::"act", Action::"act-with-approval"]'),
    when: fc.constantFrom("context.storm", "context.hour < 9", "resource.tier == 1", 'resource.owner == "x"'),
  })
  .map(({ action, when }) => `forbid(principal, action ${action}, resource) when { ${when} };`);
const named = (texts: readonly string[]): string[] => texts.map((text, i) => `@id("p${i}") ${text}`);
const policies = fc
  .tuple(fc.array(permitText, { maxLength: 5 }), fc.array(forbidText, { maxLength: 2 }))
  .map(([permits, forbids]) => named([...permits, ...forbids]));

const run = fc.record({
  runId: fc.uuid(),
  service: fc.constantFrom("cart", "payment"),
  runbook: fc.constantFrom("release-rollback", "flag-off"),
  outcome: fc.constantFrom("running" as const, "succeeded" as const, "failed" as const, "stood-down" as const),
  agoMs: fc.integer({ min: 0, max: 7_200_000 }),
});
const history = fc.array(run, { maxLength: 4 }).map((all) => all.map(({ agoMs, ...fact }) => givenRun(agoMs, fact)));
const facts: fc.Arbitrary<DecisionFacts> = fc
  .record({
    history,
    liveIncidents: fc.integer({ min: 1, max: 6 }),
    healthyInstances: fc.constantFrom(["a", "b"], ["a"], ["b"], [], undefined),
    telemetryKnown: fc.boolean(),
  })
  .map(givenFacts);

test("adding a policy that errors never widens", () => {
  const erring = fc
    .tuple(
      fc.constantFrom("permit", "forbid"),
      fc.constantFrom('action == Action::"act"', 'action in [Action::"act", Action::"act-with-approval"]'),
    )
    .map(
      ([effect, action]) =>
        `@id("erring") ${effect}(principal, ${action}, resource) when { context.liveIncidents + 9223372036854775807 > 0 };`,
    );
  fc.assert(
    fc.property(policies, erring, facts, (given, bad, seen) => {
      const after = decide(givenPlan(), seen, ask([...given, bad]), noonMs);
      expect(after.effect).toBe("deny");
      expect(after.errors.length).toBeGreaterThan(0);
    }),
    runs,
  );
});

test("removing a permit never widens, nor does adding a forbid", () => {
  fc.assert(
    fc.property(policies, forbidText, facts, fc.nat(), (given, forbid, seen, at) => {
      const before = decide(givenPlan(), seen, ask(given), noonMs);
      const permits = given.filter((text) => text.includes("permit("));
      const gone = permits[at % Math.max(1, permits.length)];
      expect(reach(decide(givenPlan(), seen, ask(given.filter((text) => text !== gone)), noonMs))).toBeLessThanOrEqual(
        reach(before),
      );
      expect(reach(decide(givenPlan(), seen, ask([...given, forbid]), noonMs))).toBeLessThanOrEqual(reach(before));
    }),
    runs,
  );
});

const freeze = { fromMs: 0, toMs: noonMs + 1, environments: [], reason: "x" };
const narrower: ((seen: DecisionFacts) => DecisionFacts)[] = [
  (seen) => ({ ...seen, restraints: { ...seen.restraints, freezes: [freeze] } }),
  (seen) => ({ ...seen, restraints: { ...seen.restraints, stormAt: 1 } }),
  (seen) => ({ ...seen, restraints: { ...seen.restraints, cooldownMs: 86_400_000 } }),
  (seen) => ({ ...seen, restraints: { ...seen.restraints, concurrencyMax: 0 } }),
  (seen) => ({ ...seen, restraints: { ...seen.restraints, rate: { ...seen.restraints.rate, perService: 1 } } }),
  (seen) => ({ ...seen, restraints: { ...seen.restraints, breaker: { failures: 1, windowMs: 86_400_000 } } }),
  (seen) => ({ ...seen, confidenceMin: 0.99 }),
  (seen) => ({ ...seen, telemetryKnown: false }),
  (seen) => ({ ...seen, healthyInstances: undefined }),
  (seen) => ({ ...seen, runningRuns: 9 }),
  (seen) => ({ ...seen, service: undefined }),
  (seen) => ({ ...seen, stop: { known: false, why: "x" } }),
  (seen) => ({
    ...seen,
    stop: { known: true, entries: [{ scope: { kind: "all", value: "" }, by: "ann", reason: "x", atMs: 0 }] },
  }),
];

test("adding a restraint, or knowing less, never widens", () => {
  fc.assert(
    fc.property(policies, facts, fc.constantFrom(...narrower), (given, seen, narrow) => {
      const asked = ask(given);
      expect(reach(decide(givenPlan(), narrow(seen), asked, noonMs))).toBeLessThanOrEqual(
        reach(decide(givenPlan(), seen, asked, noonMs)),
      );
    }),
    runs,
  );
});

test("the order of policies and of facts changes no byte of the decision, which is never without its why", () => {
  fc.assert(
    fc.property(policies, facts, (given, seen) => {
      const decision = decide(givenPlan(), seen, ask(given), noonMs);
      const turned = decide(
        givenPlan(),
        { ...seen, history: seen.history.toReversed(), healthyInstances: seen.healthyInstances?.toReversed() },
        ask(given.toReversed()),
        noonMs,
      );
      expect(digestOf(turned)).toBe(digestOf(decision));
      expect(decision.reasons.length).toBeGreaterThan(0);
      expect(decision.effect === "ask").toBe(decision.approval !== undefined);
      expect(decision.effect === "defer").toBe(decision.retryAfterMs !== undefined);
    }),
    runs,
  );
});

test("each effect is reached", () => {
  const alone = ['permit(principal, action == Action::"act", resource);'];
  const asking = ['permit(principal, action == Action::"act-with-approval", resource);'];
  const effects = [
    decide(givenPlan(), givenFacts(), ask(alone), noonMs),
    decide(givenPlan(), givenFacts(), ask(asking), noonMs),
    decide(givenPlan(), givenFacts(), ask([]), noonMs),
    decide(givenPlan(), givenFacts({ restraints: { ...defaultRestraints, freezes: [freeze] } }), ask(alone), noonMs),
    decide(givenPlan(), givenFacts(), ask([...alone, "forbid(principal, action, resource);"]), noonMs),
  ];
  expect(effects.map((decision) => decision.effect)).toEqual(["allow", "ask", "observe", "defer", "deny"]);
});
