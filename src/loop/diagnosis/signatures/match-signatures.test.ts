import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchSignatures, weigh } from "./match-signatures.ts";
import type { Clue, Matcher, MetricCondition } from "./signature.ts";
import { observed, patternsOf, saying, signatureOf } from "./signature-world.testsuite.ts";

const only = (look: Clue["look"], seen: unknown, weight = 3) =>
  weigh([signatureOf([{ weight, look }])], observed(seen))[0];
const weightOf = (look: Clue["look"], seen: unknown) => only(look, seen)?.for;
const missingOf = (look: Clue["look"], seen: unknown) => only(look, seen)?.theory.explanations?.[0]?.missing;

describe("what a clue sees", () => {
  const metric = (condition: MetricCondition): Matcher => ({
    type: "metric",
    names: ["queue.depth"],
    attributes: {},
    condition,
  });
  const series = (before: number[], since: number[]) => ({ metrics: [{ name: "queue_depth_total", before, since }] });

  test("a line of the log, once, however often it comes, and less when it came long before already", () => {
    const look: Matcher = { type: "log", says: patternsOf("broken pipe"), unless: patternsOf("harmless") };
    expect(weightOf(look, { logs: ["write: Broken pipe", "Broken pipe again"] })).toBe(3);
    expect(weightOf(look, { logs: ["harmless broken pipe"] })).toBe(0);
    expect(weightOf(look, { logs: [{ text: "broken pipe", before: true }] })).toBe(1.2);
    expect(weightOf(look, { logs: ["all is well"] })).toBe(0);
  });

  test("a gap does not reach into the next line of a record", () => {
    const look: Matcher = { type: "log", says: patternsOf("connect * refused"), unless: [] };
    expect(weightOf(look, { logs: ["connect to a\nthe offer was refused"] })).toBe(0);
    expect(weightOf(look, { logs: ["at first\nconnect to a refused"] })).toBe(3);
  });

  test("an alert by its name and by its labels", () => {
    const look: Matcher = { type: "alert", names: patternsOf("disk space"), labels: { device: patternsOf("sda*") } };
    expect(weightOf(look, { alerts: [{ name: "LowDiskSpace", labels: { device: "sda1" } }] })).toBe(3);
    expect(weightOf(look, { alerts: [{ name: "LowDiskSpace" }] })).toBe(0);
  });

  test("exits by code, by signal, by number", () => {
    const coded: Matcher = { type: "exit", codes: [137], signals: ["SIGKILL"], atLeast: 2 };
    expect(weightOf(coded, { exits: [{ code: 137, count: 2 }] })).toBe(3);
    expect(weightOf(coded, { exits: [{ signal: "SIGKILL", count: 2 }] })).toBe(3);
    expect(weightOf(coded, { exits: [{ code: 137 }] })).toBe(0);
    expect(weightOf({ ...coded, codes: [], signals: [] }, { exits: [{ count: 2 }] })).toBe(3);
  });

  test("a level, and a level as a share", () => {
    expect(weightOf(metric({ is: "above", value: 9, shareOf: [] }), series([], [1, 10, 11]))).toBe(3);
    expect(weightOf(metric({ is: "below", value: 9, shareOf: [] }), series([], [1, 10, 11]))).toBe(0);
    const share = metric({ is: "above", value: 0.9, shareOf: ["queue.max"] });
    const both = (max: number) => ({
      metrics: [
        { name: "queue_depth", since: [10] },
        { name: "queue_max", since: [max] },
      ],
    });
    expect(weightOf(share, both(11))).toBe(3);
    expect(weightOf(share, both(20))).toBe(0);
  });

  test("growth, a step, and an end", () => {
    expect(weightOf(metric({ is: "grows", value: 2 }), series([10, 12, 15], [18, 22, 25]))).toBe(3);
    expect(weightOf(metric({ is: "grows", value: 2 }), series([10, 30, 10], [30, 10, 30]))).toBe(0);
    expect(weightOf(metric({ is: "shrinks", value: 2 }), series([30, 28, 20], [18, 12, 10]))).toBe(3);
    expect(weightOf(metric({ is: "jumps", value: 3 }), series([1, 1, 2], [9, 9]))).toBe(3);
    expect(weightOf(metric({ is: "drops", value: 3 }), series([9, 9, 9], [1, 2]))).toBe(3);
    expect(weightOf(metric({ is: "stops" }), series([9, 9, 9], [0, 0]))).toBe(3);
    expect(weightOf(metric({ is: "stops" }), series([0, 0, 0], [0, 0]))).toBe(0);
  });

  test("findings, changes, targets, calls and callees", () => {
    const finding: Matcher = { type: "finding", dimensions: ["errors"], directions: ["above"], at: "calls" };
    expect(weightOf(finding, { findings: [{ dimension: "errors", at: "calls" }] })).toBe(3);
    expect(weightOf(finding, { findings: [{ dimension: "errors" }] })).toBe(0);
    const change: Matcher = { type: "change", changes: ["release"], withinMs: 60_000 };
    expect(weightOf(change, { changes: [{ change: "release", secondsBefore: 30 }] })).toBe(3);
    expect(weightOf(change, { changes: [{ change: "release", secondsBefore: 90 }] })).toBe(0);
    expect(weightOf(change, { changes: [{ change: "release", secondsBefore: -60 }] })).toBe(0);
    const mixed = { instances: [{ release: "1" }, { release: "2" }] };
    expect(weightOf({ type: "target", is: "mixed-releases" }, mixed)).toBe(3);
    expect(weightOf({ type: "target", is: "down" }, { instances: [{ alive: false }] })).toBe(3);
    expect(weightOf({ type: "target", is: "hung" }, { instances: [{ healthy: false }] })).toBe(3);
    const calls: Matcher = { type: "calls", at: "made", statuses: [429], atLeast: 5 };
    expect(weightOf(calls, { calls: [{ status: 429, count: 5 }] })).toBe(3);
    expect(weightOf(calls, { calls: [{ status: 429, count: 5, at: "answered" }] })).toBe(0);
    expect(weightOf({ type: "dependency", is: "down" }, { callees: [{ name: "db", is: "down" }] })).toBe(3);
    expect(weightOf({ type: "dependency", is: "well" }, { callees: [{ name: "db", is: "down" }, { name: "b" }] })).toBe(
      0,
    );
  });

  test("one of several once, and all only together", () => {
    const of: Matcher[] = ["first thing", "second thing"].map((t) => ({
      type: "log",
      says: patternsOf(t),
      unless: [],
    }));
    expect(weightOf({ type: "any", of }, { logs: ["first thing", "second thing"] })).toBe(3);
    expect(weightOf({ type: "all", of }, { logs: ["first thing", "second thing"] })).toBe(3);
    expect(weightOf({ type: "all", of }, { logs: ["first thing"] })).toBe(0);
  });
});

describe("what could not be looked at", () => {
  test.each<[Matcher, string]>([
    [{ type: "log", says: patternsOf("broken"), unless: [] }, "log of cart"],
    [{ type: "exit", codes: [1], signals: [], atLeast: 1 }, "exits of cart"],
    [{ type: "target", is: "down" }, "target of cart"],
    [
      { type: "metric", names: ["queue.depth"], attributes: {}, condition: { is: "stops" } },
      "metric queue.depth of cart",
    ],
    [{ type: "calls", at: "made", statuses: [], atLeast: 1 }, "failed calls made by cart"],
    [{ type: "dependency", is: "hurt" }, "whom cart calls"],
  ])("is named, and is neither for nor against: %j", (look, name) => {
    expect(missingOf(look, {})).toEqual([name]);
    const against = signatureOf([saying(3, "broken")], { against: [{ weight: 5, look }] });
    expect(weigh([against], observed({}))[0]).toMatchObject({ for: 0, against: 0 });
  });

  test("exits without codes do not say with which", () =>
    expect(missingOf({ type: "exit", codes: [137], signals: [], atLeast: 1 }, { exits: [{ count: 3 }] })).toEqual([
      "exit codes of cart",
    ]));
});

describe("what comes of it", () => {
  test("a theory with its cause, its evidence and what people should know", () => {
    const [theory] = matchSignatures(
      [signatureOf([saying(3, "broken pipe")])],
      observed({ logs: ["write: broken pipe"] }),
    );
    expect(theory).toMatchObject({
      service: "cart",
      cause: "tried",
      evidenceFor: [{ kind: "log-says", weight: 3 }],
      explanations: [{ signature: "tried", version: "1.0.0", title: "it is tried", advice: "nothing", missing: [] }],
    });
    expect(theory?.evidenceFor[0]?.text).toContain("write: broken pipe");
  });

  test("less than two nats, or more against it than for it, is not told", () => {
    const logs = ["broken pipe"];
    expect(matchSignatures([signatureOf([saying(1.9, "broken pipe")])], observed({ logs }))).toEqual([]);
    const doubted = signatureOf([saying(3, "broken pipe")], { against: [saying(3, "broken pipe")] });
    expect(matchSignatures([doubted], observed({ logs }))).toEqual([]);
  });

  test("a signature speaks at most eight nats, and a service gets at most three theories", () => {
    const clues = ["one thing", "two things", "three things"].map((t) => saying(5, t));
    const logs = ["one thing, two things, three things"];
    expect(weigh([signatureOf(clues)], observed({ logs }))[0]?.for).toBe(8);
    const many = Array.from({ length: 9 }, (_, i) => signatureOf(clues, { name: `s${i}`, cause: `c${i}` }));
    expect(matchSignatures(many, observed({ logs }))).toHaveLength(3);
  });

  test("a line that names an instance does not make it the one to act upon; exits on the target do", () => {
    const signature = signatureOf([
      saying(3, "crashed"),
      { weight: 3, look: { type: "exit", codes: [], signals: [], atLeast: 1 } },
    ]);
    const [told] = matchSignatures([signature], observed({ logs: ["cart-2 crashed"] }));
    expect(told?.instance).toBeUndefined();
    const [seen] = matchSignatures([signature], observed({ logs: ["cart-2 crashed"], exits: [{ count: 1 }] }));
    expect(seen?.instance).toBe("cart-1");
  });
});

describe("hostile lines", () => {
  const signatures = [signatureOf([saying(3, "aaa * aaa * aaa * aab", "could * not * find", "xyz")])];
  const timeOf = (text: string): number => {
    const startMs = performance.now();
    for (let i = 0; i < 20; i++) matchSignatures(signatures, observed({ logs: [{ text: "x" }] }));
    const lines = [{ text, severity: 17, count: 1, firstMs: 1e9, lastMs: 1e9 }];
    for (let i = 0; i < 20; i++) matchSignatures(signatures, { ...observed({}), lines });
    return performance.now() - startMs;
  };

  test.each([
    ["a line of 1 MB", "a".repeat(1_000_000)],
    ["100,000 words", "could not ".repeat(100_000)],
    ["100,000 lines", "aaa\n".repeat(100_000)],
    ["lone surrogates and combining characters", "\ud800\u0301\u202e".repeat(300_000)],
    ["characters that grow in lower case", "\u0130".repeat(500_000)],
  ])("%s costs no more than its first four thousand characters", (_name, text) =>
    expect(timeOf(text)).toBeLessThan(2_000),
  );

  test("any text at all is only read", () =>
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 300 }), { maxLength: 5 }), (texts) => {
        const lines = texts.map((text) => ({ text, severity: 0, count: 1, firstMs: 1e9, lastMs: 1e9 }));
        expect(() => matchSignatures(signatures, { ...observed({}), lines })).not.toThrow();
      }),
    ));
});
