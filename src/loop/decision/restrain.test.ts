import { describe, expect, test } from "vitest";
import type { Plan } from "../plan/plan.ts";
import type { DecisionFacts } from "./decision-facts.ts";
import { givenFacts, givenPlan, givenRun, givenService, givenStep, noonMs } from "./given-decision.ts";
import { leavesEnough } from "./restrain-instances.ts";
import { restrain } from "./restrain.ts";
import { defaultRestraints, type Restraints } from "./restraints.ts";

const hourMs = 3_600_000;
const narrowed = (over: Partial<Restraints>): Partial<DecisionFacts> => ({
  restraints: { ...defaultRestraints, cooldownMs: 0, ...over },
});
const instances = (...names: string[]) =>
  names.map((name) => ({ name, pidFile: name, stopTimeoutMs: 1, startTimeoutMs: 1 }));
const restart = (...names: string[]) => names.map((name) => givenStep({ id: `restart/${name}`, instances: [name] }));
const others = (count: number, over: Parameters<typeof givenRun>[1] = {}) =>
  Array.from({ length: count }, (_, i) =>
    givenRun(1_000_000 + i, { runId: `r${i}`, runbook: `other-${i}`, service: `s${i}`, ...over }),
  );

function verdicts(facts: Partial<DecisionFacts>, plan: Plan = givenPlan()) {
  const given = givenFacts(facts);
  return restrain(plan, given.service ?? givenService(), given, noonMs);
}

const at = (agoMs: number) => ({
  ...givenRun(0),
  runId: String(agoMs),
  runbook: `x${agoMs}`,
  startedAtMs: noonMs - agoMs,
});

const running = (service: string, environment = "staging") =>
  givenRun(0, { runId: service, service, runbook: "x", environment, outcome: "running" });

const failed = (agoMs: number, over = {}) => givenRun(agoMs, { outcome: "failed", ...over });

const together = (...names: string[]) => givenPlan({ steps: [givenStep({ instances: names })] });

const named = (facts: Partial<DecisionFacts>, plan?: Plan) =>
  verdicts(facts, plan).map(({ effect, name }) => `${effect} ${name}`);

const freeze = (over = {}) =>
  narrowed({
    freezes: [{ fromMs: noonMs, toMs: noonMs + hourMs, environments: ["staging"], reason: "inventory", ...over }],
  });

test("a calm scene is not restrained", () => {
  expect(verdicts({})).toEqual([]);
});

describe("rate", () => {
  const rate = { perService: 2, perRunbook: 3, perEnvironment: 4, windowMs: hourMs };

  test.each([
    ["service", others(2, { service: "cart" }), "2 runs on service `cart` within 1h, at most 2"],
    [
      "runbook",
      others(3, { runbook: "release-rollback" }),
      "3 runs of runbook `release-rollback` within 1h, at most 3",
    ],
    ["environment", others(4), "4 runs in environment `staging` within 1h, at most 4"],
  ])("defers at the limit per %s", (_, history, text) => {
    const [verdict, ...rest] = verdicts({ ...narrowed({ rate }), history });
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({ effect: "defer", name: "rate" });
    expect(verdict?.text).toContain(text);
  });

  test("one fewer passes, other environments and runs that stood down do not count", () => {
    expect(verdicts({ ...narrowed({ rate }), history: others(3) })).toEqual([]);
    expect(verdicts({ ...narrowed({ rate }), history: others(9, { environment: "prod" }) })).toEqual([]);
    expect(verdicts({ ...narrowed({ rate }), history: others(9, { outcome: "stood-down" }) })).toEqual([]);
  });

  test("defers exactly until enough runs have left the window", () => {
    const [verdict] = verdicts({ ...narrowed({ rate }), history: [at(3_000_000), at(2_000_000), at(1_000_000)] });
    expect(verdict?.retryAfterMs).toBe(hourMs - 2_000_000);
  });
});

describe("cooldown", () => {
  const cooldownMs = 600_000;
  test.each([
    ["just over", 600_000, "succeeded", 0],
    ["not yet over", 599_999, "succeeded", 1],
    ["not yet over after a failure", 1, "failed", 1],
    ["none after standing down", 1, "stood-down", 0],
  ] as const)("%s", (_, agoMs, outcome, count) => {
    const found = verdicts({
      restraints: { ...defaultRestraints, cooldownMs },
      history: [givenRun(agoMs, { outcome })],
    });
    expect(found.filter((verdict) => verdict.name === "cooldown")).toHaveLength(count);
  });

  test("is of this runbook on this service only", () => {
    const history = [givenRun(1, { runbook: "flag-off" }), givenRun(1, { service: "payment", runId: "x" })];
    expect(verdicts({ history })).toEqual([]);
  });
});

describe("concurrency", () => {
  test("defers when the environment is full, by the history or by count", () => {
    expect(verdicts({ history: [running("a"), running("b")] })).toMatchObject([
      { effect: "defer", name: "concurrency" },
    ]);
    expect(verdicts({ runningRuns: 2 })).toMatchObject([
      { effect: "defer", name: "concurrency", text: "2 runs at work in environment `staging`, at most 2" },
    ]);
    expect(verdicts({ history: [running("a"), running("b", "prod")] })).toEqual([]);
  });

  test("one run at a time on a service (I4)", () => {
    expect(verdicts({ history: [running("cart")] })).toMatchObject([
      { effect: "defer", text: "run `cart` is at work on service `cart`, at most 1" },
    ]);
  });
});

describe("breaker", () => {
  test("opens at the limit and tells to escalate", () => {
    const found = verdicts({ ...narrowed({}), history: [failed(hourMs / 2), failed(hourMs / 3)] });
    expect(found).toMatchObject([{ effect: "deny", name: "breaker" }]);
    expect(found[0]?.text).toContain("failed 2 times on `cart` within 1h, at most 1: the breaker is open, escalate");
  });

  test.each([
    ["one failure", [failed(1_000_000)]],
    ["failures out of the window", [failed(hourMs), failed(hourMs + 1)]],
    ["failures of another runbook", [failed(1_000_000), failed(1_000_001, { runbook: "flag-off" })]],
    ["failures of another service", [failed(1_000_000), failed(1_000_001, { service: "payment" })]],
  ])("stays closed on %s", (_, history) => {
    expect(verdicts({ ...narrowed({}), history })).toEqual([]);
  });
});

describe("blast radius", () => {
  const four = givenService({ instances: instances("a", "b", "c", "d"), minHealthy: 0 });

  test.each([
    ["half at once is allowed", together("a", "b"), []],
    [
      "more than half is not",
      together("a", "b", "c"),
      ["step `restart/a` touches 3 of 4 instances (75 %), at most 50 % or one"],
    ],
    ["one after another is not at once", givenPlan({ steps: restart("a", "b", "c", "d") }), []],
    [
      "an instance nobody declared is none of ours",
      together("z"),
      ["step `restart/a` touches instance `z`, which service `cart` does not declare"],
    ],
  ])("%s", (_, plan, texts) => {
    expect(
      verdicts({ service: four, healthyInstances: ["a", "b", "c", "d"] }, plan).map((verdict) => verdict.text),
    ).toEqual(texts);
  });

  test("one instance is always a small enough share", () => {
    expect(
      verdicts({ service: givenService({ instances: instances("a"), minHealthy: 0 }), healthyInstances: ["a"] }),
    ).toEqual([]);
  });
});

describe("minimum healthy", () => {
  test.each([
    ["both healthy, one restarted", ["a", "b"], restart("a"), []],
    ["both healthy, one after the other behind gates", ["a", "b"], restart("a", "b"), []],
    ["the sick one is restarted", ["b"], restart("a"), []],
    ["the only healthy one is restarted", ["a"], restart("a"), ["defer min-healthy"]],
    ["the sick one first, then the other once it is well", ["b"], restart("a", "b"), []],
    ["nothing is healthy", [], restart("a", "b"), ["note min-healthy"]],
    [
      "no gate shows that the first came back",
      ["a", "b"],
      restart("a", "b").map((step) => ({ ...step, gates: [] })),
      ["deny min-healthy"],
    ],
    ["health is not known", undefined, restart("a"), ["defer min-healthy"]],
    ["health is not known, no instance is touched", undefined, [givenStep({ instances: [] })], []],
    ["only a stranger is healthy", ["z"], restart("a"), ["note min-healthy"]],
  ])("%s", (_, healthyInstances, steps, expected) => {
    expect(named({ healthyInstances }, givenPlan({ steps }))).toEqual(expected);
  });

  test("never restarts a healthy single instance that must stay", () => {
    expect(named({ service: givenService({ instances: instances("a") }), healthyInstances: ["a"] })).toEqual([
      "deny min-healthy",
    ]);
  });

  test("one step that touches healthy and sick counts the healthy ones that stay", () => {
    expect(leavesEnough(["a", "b"], new Set(["b", "c"]), 1)).toBe(true);
    expect(leavesEnough(["a", "b"], new Set(["b", "c"]), 2)).toBe(false);
    expect(leavesEnough(["a"], new Set(["b"]), 2)).toBe(true);
  });
});

describe("freeze", () => {
  test.each([
    ["holds from its first millisecond", {}, 1],
    ["is over at its end", { fromMs: 0, toMs: noonMs }, 0],
    ["has not begun", { fromMs: noonMs + 1 }, 0],
    ["is for another environment", { environments: ["prod"] }, 0],
    ["names no environment and holds in all", { environments: [] }, 1],
  ])("%s", (_, over, count) => {
    expect(verdicts(freeze(over))).toHaveLength(count);
  });

  test("says how long and why", () => {
    expect(verdicts(freeze())).toEqual([
      {
        effect: "defer",
        name: "freeze",
        text: "environment `staging` is frozen for another 1h: inventory",
        retryAfterMs: hourMs,
      },
    ]);
  });
});

describe("storm and evidence", () => {
  test.each([
    [4, []],
    [5, ["ask storm"]],
    [Number.NaN, ["ask storm"]],
  ])("%s live incidents", (liveIncidents, expected) => {
    expect(verdicts({ liveIncidents }).map(({ effect, name }) => `${effect} ${name}`)).toEqual(expected);
  });

  test.each([
    ["enough", 0.6, 0],
    ["too little", 0.59, 1],
    ["no number at all", Number.NaN, 1],
  ])("confidence that is %s", (_, confidence, count) => {
    expect(verdicts({}, givenPlan({ confidence })).filter((verdict) => verdict.name === "evidence")).toHaveLength(
      count,
    );
  });

  test("does not act where it could not see the effect (I6)", () => {
    expect(verdicts({ telemetryKnown: false })).toMatchObject([{ effect: "deny", name: "evidence" }]);
  });
});
