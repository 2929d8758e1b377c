import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { durationBoundsMs, type RedBucket } from "../detection/red.ts";
import type { Finding } from "../detection/finding.ts";
import type { Slo } from "../detection/slo.ts";
import { judgeRed, judgeSlo } from "./judge.ts";
import { joinVerdicts, type Verdict } from "./verdict.ts";

const bucket = (i: number, count: number, errors: number, atBound = 10): RedBucket => ({
  series: "s",
  startMs: i * 5_000,
  count,
  errors,
  ownErrors: errors,
  durationSumMs: count * 10,
  durations: [...durationBoundsMs, 0].map((_, b) => (b === atBound ? count : 0)),
});
const whole = (count: number, errors: number, atBound?: number) =>
  [0, 1, 2].map((i) => bucket(i, count, errors, atBound));
const slow = { dimension: "duration", expected: { low: 5, mid: 10, high: 20 } } as Finding;
const slo = (objective: number, indicator: Slo["indicator"] = { type: "errors" }): Slo => ({
  name: "a",
  service: "s",
  environment: "e",
  objective,
  windowMs: 1,
  indicator,
  alerts: [],
});

describe("red gate", () => {
  test("healthy traffic passes", () => expect(judgeRed("cart", whole(50, 0), [], 15_000).verdict).toBe("pass"));
  test("errors fail it", () => expect(judgeRed("cart", whole(50, 10), [], 15_000).verdict).toBe("fail"));
  test("no traffic is not health", () => expect(judgeRed("cart", [], [], 15_000).verdict).toBe("inconclusive"));
  test("a window with a hole is not health", () =>
    expect(judgeRed("cart", [bucket(0, 50, 0)], [], 15_000).verdict).toBe("inconclusive"));
  test("still slow fails it, when it was slow that was found", () => {
    expect(judgeRed("cart", whole(50, 0, 20), [slow], 15_000).verdict).toBe("fail");
    expect(judgeRed("cart", whole(50, 0, 20), [], 15_000).verdict).toBe("pass");
  });
  test("a remedy that helped is not taken back for the noise of a busy machine", () => {
    const usual = durationBoundsMs[10] ?? 0;
    const expected = { low: usual / 1.3, mid: usual, high: usual * 1.3 };
    const judged = (at: number, state: Finding["state"]) =>
      judgeRed("cart", whole(50, 0, at), [{ ...slow, expected, state }], 15_000).verdict;
    expect(judged(12, "cleared")).toBe("pass");
    expect(judged(12, "firing"), "the detector says that it is not over").toBe("fail");
    expect(judged(16, "cleared"), "many times as slow is not over").toBe("fail");
  });
  test("where the complaint is over, somewhat slow is doubtful, and neither well nor failed", () => {
    const usual = durationBoundsMs[10] ?? 0;
    const expected = { low: usual / 1.3, mid: usual, high: usual * 1.3 };
    const failing = { ...slow, dimension: "errors", expected: { low: 0, mid: 0, high: 0.01 } } as Finding;
    const lasting = (observed: number) => ({ ...slow, expected, state: "firing", observed }) as Finding;
    const judged = (at: number, findings: Finding[]) => judgeRed("cart", whole(50, 0, at), findings, 15_000).verdict;
    expect(judged(15, [{ ...slow, expected }, failing]), "nothing fails any more").toBe("inconclusive");
    expect(judged(19, [{ ...slow, expected }, failing]), "far too slow").toBe("fail");
    expect(judged(12, [lasting(usual * 20)]), "much less than was complained of").toBe("inconclusive");
    expect(judged(12, [lasting(usual * 2)]), "as slow as was complained of").toBe("fail");
    expect(judgeRed("cart", whole(50, 10, 14), [{ ...slow, expected }, failing], 15_000).verdict).toBe("fail");
  });
});

describe("slo gate", () => {
  test("within budget passes, over it fails, without traffic it is not known", () => {
    expect(judgeSlo(slo(0.99), whole(200, 1)).verdict).toBe("pass");
    expect(judgeSlo(slo(0.99), whole(200, 5)).verdict).toBe("fail");
    expect(judgeSlo(slo(0.99), []).verdict).toBe("inconclusive");
  });
  test("a duration objective counts slow requests as bad", () => {
    const within = slo(0.9, { type: "duration", thresholdMs: 100 });
    expect(judgeSlo(within, whole(50, 0, 4)).verdict).toBe("pass");
    expect(judgeSlo(within, whole(50, 0, 30)).verdict).toBe("fail");
  });
});

test("adding a verdict that is not a pass never makes a pass", () => {
  const verdict = fc.constantFrom<Verdict>("pass", "fail", "inconclusive");
  fc.assert(
    fc.property(
      fc.array(verdict),
      fc.constantFrom<Verdict>("fail", "inconclusive"),
      (all, bad) => joinVerdicts([...all, bad]) !== "pass",
    ),
  );
});
