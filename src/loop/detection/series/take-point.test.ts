import fc from "fast-check";
import { expect, test } from "vitest";
import { createSeriesDetector } from "./series-detector.ts";
import { takePoint } from "./take-point.ts";

const minuteMs = 60_000;

const scoresOf = (values: readonly number[]): number[] => {
  const detector = createSeriesDetector();
  return values.map((value, i) => takePoint(detector, i * minuteMs, value).score);
};

test("never looks ahead: what comes after a point leaves its score as it is", () => {
  const values = fc.array(fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.constant(5), fc.double()), {
    maxLength: 400,
    minLength: 1,
  });
  fc.assert(
    fc.property(values, fc.nat(), (all, cut) => {
      const many = cut % all.length;
      expect(scoresOf(all.slice(0, many))).toEqual(scoresOf(all).slice(0, many));
    }),
    { numRuns: 200 },
  );
});
