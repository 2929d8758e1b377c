import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QueryGate } from "../plan/runbook.ts";
import type { MetricSeries } from "../signal/metric-series.ts";
import { holds, judgeQuery } from "./judge-query.ts";

const gate: QueryGate = {
  type: "promql",
  query: "sum(errors)\n  / sum(all)",
  comparison: "<",
  threshold: 0.1,
  forMs: 4_000,
};
const window = { fromMs: 10_000, toMs: 14_000, stepMs: 1_000 };
const series = (values: (number | undefined)[], labels: Record<string, string> = {}): MetricSeries => ({
  labels,
  points: values.flatMap((value, i) => (value === undefined ? [] : [{ atMs: 10_000 + i * 1_000, value }])),
});
const judged = (all: MetricSeries[], unknown = 0) => judgeQuery(gate, window, { series: all, unknown });
const well = [0, 0.01, 0.02, 0.01, 0];

describe("promql gate", () => {
  test("passes when every value of every series holds at every moment", () =>
    expect(judged([series(well), series(well, { pod: "b" })])).toEqual({
      verdict: "pass",
      text: "`sum(errors) / sum(all)` is 0, and so are 1 more, expected < 0.1 for 4s",
    }));
  test("fails by one value, and says which, when, and what was expected", () =>
    expect(judged([series(well), series([0, 0, 0.1, 0, 0], { __name__: "x", pod: "b" })])).toEqual({
      verdict: "fail",
      text: '`sum(errors) / sum(all)`{pod="b"} is 0.1 2s ago, expected < 0.1 for 4s',
    }));
  test("no series is not zero", () => expect(judged([]).verdict).toBe("inconclusive"));
  test("a moment nothing is known of is not well", () =>
    expect(judged([series([0, 0, undefined, 0, 0])])).toMatchObject({
      verdict: "inconclusive",
      text: expect.stringContaining("known at 4 of 5 moments"),
    }));
  test("what is no number is not well", () => {
    expect(judged([series(well)], 1).verdict).toBe("inconclusive");
    expect(judged([], 5).verdict).toBe("inconclusive");
  });
  test("a value that is wrong counts also where others are missing", () =>
    expect(judged([series([undefined, undefined, 0.5, undefined, undefined])], 2).verdict).toBe("fail"));
  test.each([
    ["<", [1]],
    ["<=", [1, 2]],
    [">", [3]],
    [">=", [2, 3]],
  ] as const)("`%s` 2 holds for %s", (comparison, good) =>
    expect([1, 2, 3].filter((v) => holds({ comparison, threshold: 2 }, v))).toEqual(good),
  );

  test("taking values away never makes a pass", () => {
    const value = fc.option(fc.constantFrom(0, 0.05, 0.2), { nil: undefined });
    const values = fc.array(value, { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 3 }), fc.nat(2), fc.nat(4), (all, i, j) => {
        const less = all.map((v, at) => (at === i ? v.with(j, undefined) : v));
        if (judged(less.map((v) => series(v))).verdict === "pass")
          expect(judged(all.map((v) => series(v))).verdict).not.toBe("inconclusive");
        if (less.some((v) => v.includes(undefined)))
          expect(judged(less.map((v) => series(v))).verdict).not.toBe("pass");
      }),
    );
  });
});
