import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binomialAtLeast, poissonAtLeast, poissonAtMost } from "./tails.ts";

/** The binomial tail summed term by term. */
function slowBinomial(x: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    if (k >= x) sum += term;
    term *= ((n - k) / (k + 1)) * (p / (1 - p));
  }
  return sum;
}

describe("tail probabilities", () => {
  it("agree with the plain sum", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.nat(200),
        fc.double({ min: 0.001, max: 0.5, noNaN: true }),
        (n, x, p) => {
          fc.pre(x <= n && x > n * p);
          expect(binomialAtLeast(x, n, p)).toBeCloseTo(slowBinomial(x, n, p), 6);
        },
      ),
    );
  });

  it("are known values", () => {
    expect(poissonAtLeast(5, 1)).toBeCloseTo(0.00366, 5);
    expect(poissonAtMost(2, 10)).toBeCloseTo(0.002769, 6);
    expect(poissonAtMost(0, 30)).toBeCloseTo(Math.exp(-30), 20);
  });

  it("fall as what is seen grows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(500), (n, x) => {
        expect(binomialAtLeast(x + 1, n, 0.05)).toBeLessThanOrEqual(binomialAtLeast(x, n, 0.05) + 1e-12);
      }),
    );
  });
});
