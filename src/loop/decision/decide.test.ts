import { describe, expect, test } from "vitest";
import { digestOf } from "../../kernel/digest.ts";
import type { Ask } from "./ask.ts";
import { decide } from "./decide.ts";
import type { DecisionFacts } from "./decision-facts.ts";
import {
  askOf,
  givenFacts,
  givenPlan,
  givenRun,
  givenService,
  givenStep,
  noonMs,
  permitsAct,
  permitsAsking,
} from "./given-decision.ts";
import { defaultRestraints } from "./restraints.ts";

const stop = { scope: { kind: "service", value: "cart" }, by: "ann", reason: "moving house", atMs: 0 } as const;
const storm: Partial<DecisionFacts> = { liveIncidents: 7 };
const why = (facts: Partial<DecisionFacts>, ask: Ask = permitsAct, plan = givenPlan()) =>
  decide(plan, givenFacts(facts), ask, noonMs);

const forbidsAlone: Ask = (q) =>
  q.question === "act" ? { allowed: false, policies: ["not-alone"], annotations: {}, errors: [] } : permitsAsking(q);

const both: Ask = (question) => (question.question === "act" ? permitsAct(question) : permitsAsking(question));

describe("what policy says", () => {
  test("acts when a policy permits acting alone, and names it", () => {
    const decision = why(
      {},
      askOf({ act: { allowed: true, policies: ["alone"], reasons: { alone: "went well for months" } } }),
    );
    expect(decision).toEqual({
      effect: "allow",
      planDigest: digestOf(givenPlan()),
      configCommit: "c0ffee",
      reasons: [{ source: "policy", name: "alone", text: "permits: went well for months" }],
      errors: [],
      atMs: noonMs,
    });
  });

  test.each([
    ["where its file is known", { alone: "policies/shop.cedar" }, " in `policies/shop.cedar`"],
    ["where it is not", {}, ""],
  ])("a policy without a reason is named in a sentence, %s", (_where, files, place) => {
    const [reason] = why({}, askOf({ act: { allowed: true, policies: ["alone"], files } })).reasons;
    expect(reason?.text).toBe(`policy \`alone\`${place} permits it, without an \`@reason\``);
  });

  test("only observes when nothing permits, and says so", () => {
    const decision = why({}, askOf({}));
    expect(decision.effect).toBe("observe");
    expect(decision.reasons).toEqual([
      {
        source: "mode",
        name: "observe",
        text: "no policy permits runbook `release-rollback` to act on service `cart` in environment `staging`: observing only",
      },
    ]);
  });

  test("asks with the quorum, roles and expiry of the policies, and names what forbids acting alone", () => {
    const decision = why({}, forbidsAlone);
    expect(decision.effect).toBe("ask");
    expect(decision.approval).toEqual({ quorum: 2, roles: ["sre"], expiresInMs: 1_800_000 });
    expect(decision.reasons.map((reason) => `${reason.source} ${reason.name}`)).toEqual([
      "mode approval",
      "policy asks",
      "policy not-alone",
    ]);
  });

  test("asks one person within the settings' expiry when the policy does not say", () => {
    const decision = why({}, askOf({ "act-with-approval": { allowed: true, policies: ["asks"] } }));
    expect(decision.approval).toEqual({ quorum: 1, roles: [], expiresInMs: 3_600_000 });
  });

  test("a policy cannot lengthen the settings' expiry", () => {
    const decision = why(
      {},
      askOf({ "act-with-approval": { allowed: true, policies: ["asks"], annotations: { expires: "9d" } } }),
    );
    expect(decision.approval?.expiresInMs).toBe(3_600_000);
  });

  test.each([
    ["acting alone, with nothing to allow asking", askOf({ act: { policies: ["never"] } })],
    ["asking", askOf({ "act-with-approval": { policies: ["never"] } })],
    [
      "asking, though acting alone is permitted",
      askOf({ act: { allowed: true, policies: ["alone"] }, "act-with-approval": { policies: ["never"] } }),
    ],
  ])("denies when a policy forbids %s", (_, ask) => {
    const decision = why({}, ask);
    expect(decision.effect).toBe("deny");
    expect(decision.reasons).toContainEqual({
      source: "policy",
      name: "never",
      text: "policy `never` forbids it, without an `@reason`",
    });
  });

  test.each([
    [
      "acting alone, though it is allowed",
      askOf({ act: { allowed: true, policies: ["alone"], errors: ["overflow"] } }),
    ],
    ["asking", askOf({ act: { allowed: true, policies: ["alone"] }, "act-with-approval": { errors: ["overflow"] } })],
    [
      "anything, by throwing",
      () => {
        throw new Error("overflow");
      },
    ],
    [
      "a quorum that is none",
      askOf({ "act-with-approval": { allowed: true, policies: ["asks"], annotations: { quorum: "0" } } }),
    ],
    [
      "an expiry that is none",
      askOf({ "act-with-approval": { allowed: true, policies: ["asks"], annotations: { expires: "soon" } } }),
    ],
  ] as [string, Ask][])("denies when the policies err on %s (I7)", (_, ask) => {
    const decision = why({}, ask);
    expect(decision.effect).toBe("deny");
    expect(decision.errors.length).toBeGreaterThan(0);
  });
});

describe("before policy", () => {
  test("a stop that covers the service denies, whatever policy permits (I8)", () => {
    const decision = why({ stop: { known: true, entries: [stop] } });
    expect(decision.effect).toBe("deny");
    expect(decision.reasons).toEqual([{ source: "stop", name: "service/cart", text: "stopped by ann: moving house" }]);
  });

  test("a stop state that cannot be read denies (I7, I8)", () => {
    expect(why({ stop: { known: false, why: "database is down" } })).toMatchObject({
      effect: "deny",
      reasons: [{ source: "stop", name: "unknown" }],
    });
  });

  test("a service nobody declared is never acted on", () => {
    expect(why({ service: undefined })).toMatchObject({
      effect: "deny",
      reasons: [{ source: "mode", name: "unknown-service" }],
    });
  });

  test.each([
    ["another service's facts", givenPlan(), { service: givenService({ name: "payment" }) }],
    ["another environment", givenPlan(), { service: givenService({ environment: "prod" }) }],
    ["a step that reaches to another service", givenPlan({ steps: [givenStep({ service: "payment" })] }), {}],
  ])("denies %s", (_, plan, facts) => {
    const decision = why(facts, permitsAct, plan);
    expect(decision.effect).toBe("deny");
    expect(decision.errors).toHaveLength(1);
  });

  test("telling a person needs no policy, but a stop stops it", () => {
    const escalate = givenPlan({ steps: [], runbook: { ...givenPlan().runbook, name: "escalate", escalates: true } });
    expect(why({ service: undefined }, askOf({}), escalate).effect).toBe("allow");
    expect(why({ stop: { known: true, entries: [stop] } }, askOf({}), escalate).effect).toBe("deny");
  });

  test("a plan that calls itself an escalation but has steps is judged as any other", () => {
    const disguised = givenPlan({ runbook: { ...givenPlan().runbook, escalates: true } });
    expect(why({}, askOf({}), disguised).effect).toBe("observe");
  });
});

describe("restraints on what policy permits", () => {
  test("a storm turns acting alone into asking", () => {
    const decision = why(storm);
    expect(decision.effect).toBe("ask");
    expect(decision.approval).toEqual({ quorum: 1, roles: [], expiresInMs: 3_600_000 });
    expect(decision.reasons.map((reason) => reason.name)).toEqual(["approval", "alone", "storm"]);
  });

  test("a storm asks as the policy for asking says", () => {
    expect(why(storm, both).approval).toEqual({ quorum: 2, roles: ["sre"], expiresInMs: 1_800_000 });
  });

  test("a cooldown defers, also what would be asked, until it ends", () => {
    for (const ask of [permitsAct, permitsAsking]) {
      const decision = why({ history: [givenRun(60_000)] }, ask);
      expect(decision).toMatchObject({ effect: "defer", retryAfterMs: defaultRestraints.cooldownMs - 60_000 });
      expect(decision.approval).toBeUndefined();
    }
  });

  test("of several restraints the narrowest decides, and all are named", () => {
    const failed = [givenRun(60_000, { outcome: "failed" }), givenRun(120_000, { outcome: "failed" })];
    const decision = why({ ...storm, history: failed });
    expect(decision.effect).toBe("deny");
    expect(decision.retryAfterMs).toBeUndefined();
    expect(decision.reasons.map((reason) => reason.name)).toEqual(["alone", "breaker", "cooldown", "storm"]);
  });

  test("defers until the last of several deferring restraints ends", () => {
    const freezes = [{ fromMs: noonMs - 1, toMs: noonMs + 7_200_000, environments: ["staging"], reason: "inventory" }];
    expect(why({ history: [givenRun(60_000)], restraints: { ...defaultRestraints, freezes } }).retryAfterMs).toBe(
      7_200_000,
    );
  });

  test("says why it works on a service that is wholly down", () => {
    const decision = why({ healthyInstances: [] });
    expect(decision.effect).toBe("allow");
    expect(decision.reasons).toContainEqual({
      source: "restraint",
      name: "min-healthy",
      text: "none of 2 instances of `cart` is healthy: working on them cannot make it worse",
    });
  });

  test("does not count the plan's own run against itself when it is checked again", () => {
    const own = givenRun(0, { runId: "run-me", outcome: "running" });
    expect(why({ history: [own] }).effect).toBe("defer");
    expect(why({ history: [own], ownRunId: "run-me" }).effect).toBe("allow");
  });
});
