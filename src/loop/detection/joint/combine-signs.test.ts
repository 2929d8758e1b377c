import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JointDimension } from "../finding.ts";
import { combineSigns, contributionsOf } from "./combine-signs.ts";
import type { Sign } from "./sign.ts";

const sign = (dimension: JointDimension, chance: number, from: Sign["from"] = "requests"): Sign => ({
  dimension,
  from,
  chance,
  sinceMs: 0,
  told: () => dimension,
});
const chanceOf = (...signs: Sign[]): number => combineSigns(signs)?.chance ?? 1;

const dimensions = ["latency", "errors", "traffic", "saturation", "queue", "dependency", "other"] as const;
const anySigns = fc
  .uniqueArray(fc.constantFrom(...dimensions), { minLength: 2 })
  .chain((some) =>
    fc.tuple(...some.map((d) => fc.double({ min: 1e-9, max: 0.05, noNaN: true }).map((p) => sign(d, p)))),
  );

describe("several dimensions as one", () => {
  test("what they contribute adds up to 1, the most telling first", () => {
    fc.assert(
      fc.property(anySigns, (signs) => {
        const joint = combineSigns(signs);
        const shares = joint ? contributionsOf(joint).map((c) => c.share) : [];
        expect(shares.reduce((sum, s) => sum + s, 0)).toBeCloseTo(1);
        expect(shares).toEqual(shares.toSorted((a, b) => b - a));
      }),
    );
  });

  test("one dimension alone is never enough, however many kinds of telemetry show it and however loud", () => {
    expect(combineSigns([sign("errors", 1e-300), sign("errors", 1e-300, "metrics")])).toBeUndefined();
    expect(chanceOf(sign("errors", 1e-300), sign("queue", 0.04))).toBeGreaterThan(1e-6);
  });

  test("three weak ones say what none of them does, and more than two", () => {
    const [a, b, c] = [sign("latency", 1e-4), sign("errors", 1e-4), sign("saturation", 1e-4)];
    expect(chanceOf(a, b, c)).toBeLessThan(1e-7);
    expect(chanceOf(a, b)).toBeGreaterThan(1e-6);
  });

  test("another sign never makes it more probable, and those that are missing count as usual", () => {
    fc.assert(
      fc.property(anySigns, (signs) => {
        const fewer = signs.slice(1);
        expect(chanceOf(...signs)).toBeLessThanOrEqual(chanceOf(...fewer) * (1 + 1e-9));
        expect(chanceOf(...signs.toReversed())).toBe(chanceOf(...signs));
      }),
    );
  });

  test("chance is what it says: as much by chance comes no oftener", () => {
    let [seed, below] = [1, 0];
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const looks = 200_000;
    for (let i = 0; i < looks; i++) {
      const signs = dimensions.map((d) => sign(d, random())).filter((s) => s.chance < 0.05);
      if (chanceOf(...signs) < 1e-2) below++;
    }
    expect(below / looks).toBeLessThan(1e-2);
    expect(below).toBeGreaterThan(0);
  });
});
