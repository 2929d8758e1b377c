import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PlaceRanking } from "../diagnosis.ts";
import { joinPlaces } from "./join-places.ts";

const ranking = (
  places: readonly (readonly [string, number])[],
  isCredible = true,
  kind = "requests",
): PlaceRanking => ({
  places: places.map(([service, confidence]) => ({
    service,
    confidence,
    evidenceFor: [{ kind, weight: 2, text: "it is off", refs: [] }],
    evidenceAgainst: [],
  })),
  nothingConfidence: 0.01,
  isCredible,
  missing: [],
});
const blamed = new Map([
  ["cart", 0.7],
  ["store", 0.2],
]);

describe("where findings and all telemetry together", () => {
  test("agree, the calibrated confidence counts, higher or lower", () => {
    expect(joinPlaces(blamed, ranking([["cart", 0.95]]))("cart").confidence).toBe(0.95);
    expect(joinPlaces(blamed, ranking([["cart", 0.5]]))("cart").confidence).toBe(0.5);
  });

  test("differ, nobody is surer than before, and the blamed no surer than what is left", () => {
    const join = joinPlaces(blamed, ranking([["store", 0.9]]));
    expect(join("cart").confidence).toBeCloseTo(0.1);
    expect(join("cart").against[0]?.text).toBe("all telemetry together says store, 90% sure");
    expect(join("store").confidence).toBe(0.2);
  });

  test("agree by lines of its log alone, it is no surer than before", () => {
    expect(joinPlaces(blamed, ranking([["cart", 0.95]], true, "logs"))("cart").confidence).toBe(0.7);
    expect(joinPlaces(blamed, ranking([["cart", 0.5]], true, "logs"))("cart").confidence).toBe(0.5);
  });

  test("name the same place among equals, they agree", () => {
    const equals = ranking([
      ["store", 0.49],
      ["cart", 0.49],
    ]);
    expect(joinPlaces(blamed, equals)("cart").confidence).toBe(0.49);
  });

  test("are not both there, what there is stays as it is", () => {
    expect(joinPlaces(blamed, undefined)("cart").confidence).toBe(0.7);
    expect(joinPlaces(blamed, ranking([["store", 0.9]], false))("cart")).toMatchObject({ confidence: 0.7, factor: 1 });
  });
});

const shares = fc.array(fc.double({ min: 0.001, max: 0.99, noNaN: true }), { minLength: 1, maxLength: 5 });

test("law: together they stay at most 1, and without agreement none rises", () => {
  fc.assert(
    fc.property(shares, shares, fc.boolean(), (blame, ranked, isCredible) => {
      const scaled = (all: readonly number[]) =>
        all.map(
          (s) =>
            s /
            Math.max(
              1,
              all.reduce((a, b) => a + b, 0),
            ),
        );
      const byBlame = new Map(scaled(blame).map((s, i) => [`s${i}`, s]));
      const said = scaled(ranked)
        .map((s, i) => [`s${(i * 3) % 5}`, s] as const)
        .toSorted((a, b) => b[1] - a[1]);
      const join = joinPlaces(byBlame, ranking(said, isCredible));
      const after = [...byBlame].map(([s, was]) => ({ s, was, is: join(s).confidence }));
      expect(after.reduce((n, a) => n + a.is, 0)).toBeLessThanOrEqual(1 + 1e-9);
      const most = Math.max(...byBlame.values());
      for (const { was, is } of after) if (was < most) expect(is).toBeLessThanOrEqual(was + 1e-9);
    }),
  );
});
