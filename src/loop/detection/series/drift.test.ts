import { expect, test } from "vitest";
import { describeSeries } from "./describe-series.ts";
import { chance, minuteMs, noise, play, startMs } from "./made-series.testsuite.ts";
import { createSeriesDetector } from "./series-detector.ts";

const driftsIn = (values: readonly number[]) =>
  play(createSeriesDetector(), values).flatMap(({ drift }, i) => (drift ? [{ at: i, ...drift }] : []));

test("a leak of some hours after a day is told once, while it goes on, with since when, and the score is silent about it", () => {
  const values = noise(1_440 + 400, 100, 2).map((x, i) => x + Math.max(0, i - 1_440) / 10);
  const found = driftsIn(values);
  expect(found).toHaveLength(1);
  const [leak] = found;
  expect(leak?.at).toBeLessThan(1_440 + 300);
  expect(leak?.score).toBeGreaterThan(0.5);
  expect(Math.abs((leak?.explanation.sinceMs ?? 0) - startMs - 1_440 * minuteMs)).toBeLessThan(120 * minuteMs);
  expect(describeSeries(leak?.explanation ?? expect.fail())).toMatch(
    /^drift: climbs steadily from (99|100|101)[.\d]* to 1\d\d/,
  );
});

test("a fall is one too", () => {
  const [fall] = driftsIn(noise(2_000, 100, 2).map((x, i) => x - Math.max(0, i - 1_500) / 10));
  expect(describeSeries(fall?.explanation ?? expect.fail())).toContain("falls steadily");
});

test("what always climbs, swings by the day, shifts at once or is only noise does not drift", () => {
  const day = 1_440;
  const next = chance(5);
  const counter = noise(5_000, 0, 2).map((x, i) => x + i);
  const shift = noise(3_000, 100, 2).map((x, i) => x + (i > 2_000 ? 50 : 0));
  const sawtooth = noise(5_000, 100, 1).map((x, i) => x + (i % 400) / 10);
  expect([counter, shift, sawtooth].map((values) => driftsIn(values).length)).toEqual([0, 0, 0]);
  const swing = Array.from({ length: 7 * day }, (_, i) => 100 + 50 * Math.sin((2 * Math.PI * i) / day) + 4 * next());
  expect(driftsIn(swing).filter(({ at }) => at > day)).toEqual([]);
  const noisy = Array.from({ length: 20 }, (_, seed) => driftsIn(noise(5_000, 0, 1, seed + 1)));
  expect(noisy.flat().length).toBeLessThanOrEqual(1);
});

test("walks at random are seldom called drifts", () => {
  const walks = Array.from({ length: 20 }, (_, seed) => {
    let at = 0;
    return driftsIn(noise(5_000, 0, 1, seed + 1).map((x) => (at += x)));
  });
  expect(walks.flat().length).toBeLessThan(20);
});
