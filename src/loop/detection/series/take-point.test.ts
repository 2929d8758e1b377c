import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeSeries } from "./describe-series.ts";
import { chance, minuteMs, noise, play, played, said, startMs } from "./made-series.testsuite.ts";
import { createSeriesDetector } from "./series-detector.ts";
import { takePoint } from "./take-point.ts";

const anyValues = fc.array(
  fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.constant(5), fc.double(), fc.constant(1e308)),
  { minLength: 1, maxLength: 400 },
);
const scoresOf = (values: readonly number[]) => play(createSeriesDetector(), values).map(({ score }) => score);

test("never looks ahead: what comes after a point leaves its score as it is", () => {
  fc.assert(
    fc.property(anyValues, fc.nat(), (all, cut) => {
      const many = cut % all.length;
      expect(scoresOf(all.slice(0, many))).toEqual(scoresOf(all).slice(0, many));
    }),
  );
});

test("scores anything at all between 0 and 1", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.oneof(fc.double(), fc.nat()), fc.double()), { maxLength: 300 }), (points) => {
      const detector = createSeriesDetector();
      for (const [atMs, value] of points) {
        const { score, unusualness } = takePoint(detector, atMs, value);
        expect(score >= 0 && score <= 1 && unusualness >= score && unusualness <= 1).toBe(true);
      }
    }),
  );
});

test("says in numbers how rare it is that what was always the same is not any more", () => {
  const [first] = said(play(played(Array.from({ length: 2_000 }, () => 100)), [99, 99, 99]));
  expect(first?.score).toBeGreaterThan(0.9);
  expect(Number.isFinite(first?.explanation?.periodPoints)).toBe(true);
});

describe("after 2,000 ordinary points", () => {
  const usual = noise(2_000, 100, 2);
  const after = (values: readonly number[]) => said(play(played(usual), values));

  test("tells a spike at once, and what was expected", () => {
    const [first] = after([160]);
    expect(first?.explanation?.kind).toBe("spike");
    expect(first?.score).toBeGreaterThan(0.9);
    const { low, high } = first?.explanation?.expected ?? { low: NaN, high: NaN };
    expect([low > 85, low < 100, high > 100, high < 115]).toEqual([true, true, true, true]);
    expect(first?.explanation?.observed).toBe(160);
  });

  test("tells a drop", () => expect(after([20])[0]?.explanation?.kind).toBe("drop"));

  test("tells a flat line", () => {
    const flat = Array.from({ length: 60 }, () => 100.5);
    expect(after(flat).map((s) => s.explanation?.kind)).toContain("flat line");
  });

  test("tells that a series became restless although no value is new to it", () => {
    const kinds = after(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 95.5 : 104.5))).map(
      (s) => s.explanation?.kind,
    );
    expect(kinds).toEqual(["variance"]);
  });

  test("tells an episode once, and since when", () => {
    const scores = play(played(usual), noise(50, 130, 2, 7));
    expect(said(scores)).toHaveLength(1);
    const last = scores.findLast(({ unusualness }) => unusualness > 0);
    expect(last?.explanation?.sinceMs).toBe(startMs + 2_000 * minuteMs);
    expect(scores.some(({ explanation }) => explanation?.kind === "level shift")).toBe(true);
  });

  test("tells since when of what is glaring, not of something small long before it", () => {
    const quiet = noise(50, 100, 2, 12);
    const scores = play(played(usual), [109, ...quiet, ...noise(20, 300, 2, 13)]);
    const glaring = scores.findLast(({ score }) => score > 0);
    expect(scores[0]?.score).toBeGreaterThan(0);
    expect(glaring?.explanation?.sinceMs).toBe(startMs + (2_000 + 51) * minuteMs);
  });
  test("takes a shifted level for usual after 40 points", () => {
    const detector = played(usual);
    play(detector, noise(40, 130, 2, 7));
    expect(play(detector, noise(200, 130, 2, 8)).filter(({ unusualness }) => unusualness > 0.9)).toEqual([]);
  });

  test("follows a slow drift without a word", () => {
    const drifting = noise(3_000, 0, 2, 9).map((x, i) => 100 + i / 100 + x);
    expect(said(play(played(usual), drifting)).filter(({ score }) => score > 0.95)).toEqual([]);
  });

  test("says it in one line", () => {
    const explanation = after([160])[0]?.explanation;
    expect(explanation && describeSeries(explanation)).toMatch(
      /^spike: 160 where \d+\.?\d* to \d+\.?\d* is expected; as unusual once in [\d,]+ points, since 2026-01-02 09:20:00Z$/,
    );
  });
});

describe("a series that repeats", () => {
  const day = 288;
  const next = chance(3);
  const usual = (i: number): number => 100 + 50 * Math.sin((2 * Math.PI * i) / day) + 4 * (next() - 0.5);
  const days = Array.from({ length: 12 * day }, (_, i) => usual(i));

  test("is found to, without being told how long", () => {
    const periodMs = played(days).season?.periodMs ?? NaN;
    expect(Math.abs(periodMs / minuteMs - day)).toBeLessThan(0.01 * day);
  });

  test("shows a value that is new to it at once", () => {
    const [first] = said(play(played(days), [400]));
    expect(first?.explanation?.kind).toBe("spike");
    expect(first?.score).toBeGreaterThan(0.9);
  });

  test("is judged by its past alone, with a season as without", () => {
    const whole = play(createSeriesDetector(), days);
    for (const many of [500, 1_500, 3_000])
      expect(play(createSeriesDetector(), days.slice(0, many))).toEqual(whole.slice(0, many));
  });

  test("is not what it was when a peak stays away, although each value is usual by itself", () => {
    const without = Array.from({ length: day }, (_, i) => Math.min(100, usual(i)));
    const [first] = said(play(played(days), without));
    expect(first?.explanation?.kind).toMatch(/shape|level shift|drop/);
    expect(first?.score).toBeGreaterThan(0.5);
  });
});

test("calls things as rare as they are: noise alone is rarely called rarer than once in 1,000 points", () => {
  const points = 5_000;
  const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
  const told = seeds.map((seed) => said(play(createSeriesDetector(), noise(points, 0, 1, seed))));
  const perThousand = told.flat().filter(({ score }) => score >= 0.5).length / ((seeds.length * points) / 1_000);
  expect(perThousand).toBeLessThan(1.5);
});

test("keeps as much of a long series as of a short one", () => {
  const size = (values: readonly number[]): number => JSON.stringify(played(values)).length;
  const [short, long] = [size(noise(3_000, 5, 1)), size(noise(30_000, 5, 1))];
  expect(long).toBeLessThan(1.2 * short);
});
