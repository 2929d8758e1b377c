import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { freshOnly, promql } from "./promql.ts";

describe("what can be told of a query", () => {
  test.each([
    ["up", 0, true],
    ["vector(1)", 0, false],
    ["sum(rate(x_total[5m])) / 2", 300_000, false],
    ["rate(x[1m] offset 30s)", 90_000, false],
    ["x offset 1h30m", 5_400_000, true],
    ["max_over_time(rate(x[1m])[10m:30s])", 660_000, false],
    ["max_over_time(up[10m:])", 600_000, true],
    ["x offset -5m", 0, true],
    ["rate(x[90])", 90_000, false],
    ["a + rate(b[1m])", 60_000, true],
    ["x @ 1600000000", undefined, true],
    ["rate(x[1m] @ end())", undefined, false],
    ["histogram_quantile(0.9, sum by (le) (rate(d_bucket[2m])))", 120_000, false],
  ])("`%s` looks back %s ms, newest samples: %s", (query, rangeMs, newest) => {
    expect(promql.read(query)).toEqual({ ok: true, value: { rangeMs, newest } });
  });

  test.each([
    ["sum(rate(x[5m]", "line 1, column 15: it ends too early"],
    ["sum(x)) / 2", "line 1, column 7: `) / 2` does not fit here"],
    ["sum(\n  x y)", "line 2, column 5: `y)` does not fit here"],
    ["nosuch(x)", "line 1, column 7: `(x)` does not fit here"],
    ["x[$__rate_interval]", "line 1, column 3: `$__rate_interval]` does not fit here"],
    ["", "empty"],
    ["  \n", "empty"],
    ["x[5m]", "a range of samples, where one number for each series is needed"],
    ['"up"', "a text, where a number for each series is needed"],
    [`${"(".repeat(300)}1${")".repeat(300)}`, "nested more than 100 deep"],
    [`x + ${"1 + ".repeat(4_000)}1`, "longer than 8192 characters"],
  ])("`%s` is refused with its place", (query, why) => {
    expect(promql.read(query)).toEqual({ ok: false, error: why });
  });

  test("whatever a text holds, it is read or refused, and never thrown at", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: "binary" }), (text) => typeof promql.read(text).ok === "boolean"),
    );
  });
});

describe("newest samples only", () => {
  test.each([
    ["up", "(up and last_over_time(up[5000ms]))"],
    ['a{b="c"} / d', '(a{b="c"} and last_over_time(a{b="c"}[5000ms])) / (d and last_over_time(d[5000ms]))'],
    ["sum by (x) (up offset 1m)", "sum by (x) ((up offset 1m and last_over_time(up[5000ms] offset 1m)))"],
    ["rate(x[5m])", "rate(x[5m])"],
    ["time() - timestamp(up)", "time() - timestamp(up)"],
    ["max_over_time(up[10m:1m])", "max_over_time((up and last_over_time(up[5000ms]))[10m:1m])"],
    ["vector(1)", "vector(1)"],
  ])("`%s`", (query, fresh) => {
    expect(freshOnly(query, 5_000)).toEqual({ ok: true, value: fresh });
    expect(promql.read(fresh).ok).toBe(true);
  });
});
