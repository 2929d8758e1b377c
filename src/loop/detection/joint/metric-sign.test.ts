import { expect, test } from "vitest";
import type { OddStream } from "../metrics/metrics-finding.ts";
import { metricSign } from "./metric-sign.ts";

const odd = (label: string, chance: number): OddStream => ({
  label,
  unit: "1",
  kind: "saturation",
  atMs: 1_000,
  score: {
    score: 0,
    unusualness: 1,
    explanation: {
      kind: "spike",
      expected: { low: 1, mid: 2, high: 3 },
      observed: 9,
      periodPoints: 1 / chance,
      sinceMs: 500,
    },
  },
});
const chanceOf = (chances: readonly number[], streams: number): number =>
  metricSign(
    chances.map((chance, i) => odd(`disk ${i}`, chance)),
    ({ score }) => 1 / (score.explanation?.periodPoints ?? 1),
    streams,
    2_000,
  )?.chance ?? 1;

test("one odd stream of one is as improbable as it is itself", () => expect(chanceOf([1e-3], 1)).toBeCloseTo(1e-3));

test("one odd stream among hundreds is no sign", () => expect(chanceOf([1e-3], 200)).toBe(1));

test("two hundred streams that tell the same say no more than one", () => {
  const all = chanceOf(
    Array.from({ length: 200 }, () => 1e-3),
    200,
  );
  expect(all).toBeGreaterThanOrEqual(1e-3);
  expect(all).toBeLessThan(1e-2);
});

test("the worst is told", () =>
  expect(
    metricSign(
      [odd("a", 1e-2), odd("b", 1e-4)],
      ({ score }) => 1 / (score.explanation?.periodPoints ?? 1),
      2,
      0,
    )?.told(),
  ).toBe("b 9 1, usually 1 to 3 (spike)"));
