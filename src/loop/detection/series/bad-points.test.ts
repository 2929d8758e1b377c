import { describe, expect, test } from "vitest";
import { minuteMs, noise, play, played, said } from "./made-series.testsuite.ts";
import type { SeriesDetector } from "./series-detector.ts";
import { takePoint } from "./take-point.ts";

const usual = noise(2_000, 100, 2);

/** A detector that is well: the usual is nothing to it, and a spike is. */
function expectWell(detector: SeriesDetector): void {
  play(detector, noise(100, 100, 2, 11));
  expect(said(play(detector, noise(100, 100, 2, 12))).filter(({ score }) => score > 0.95)).toEqual([]);
  expect(said(play(detector, [160]))[0]?.score).toBeGreaterThan(0.8);
}

describe("bad points", () => {
  test.each([NaN, Infinity, -Infinity])("leaves %s out and counts it", (value) => {
    const detector = played(usual);
    const score = takePoint(detector, detector.clock.lastMs + minuteMs, value);
    expect(score).toEqual({ score: 0, unusualness: 0, refused: "not a number" });
    expect([detector.points, detector.clock.notNumbers]).toEqual([2_000, 1]);
    expectWell(detector);
  });

  test.each([
    ["a double", 0],
    ["a late one", -10 * minuteMs],
  ])("leaves out and counts %s", (_, shiftMs) => {
    const detector = played(usual);
    for (let i = 0; i < 20; i++)
      expect(takePoint(detector, detector.clock.lastMs + shiftMs, 1e6).refused).toBe("not newer");
    expect([detector.points, detector.clock.notNewer]).toEqual([2_000, 20]);
    expectWell(detector);
  });

  test("leaves a time out that is far ahead, and goes on with the true ones", () => {
    const detector = played(usual);
    const farMs = detector.clock.lastMs + 1e12;
    expect(takePoint(detector, farMs, 100).refused).toBe("too far ahead");
    expect(detector.clock.farAhead).toBe(1);
    expectWell(detector);
  });

  test.each([-1e9, 1e12])("follows a clock that jumps by %d ms once five points agree", (jumpMs) => {
    const detector = played(usual);
    const fromMs = detector.clock.lastMs + jumpMs;
    const refused = Array.from({ length: 8 }, (_, i) => takePoint(detector, fromMs + i * minuteMs, 100).refused);
    expect(refused.map((r) => r !== undefined)).toEqual([true, true, true, true, false, false, false, false]);
    expectWell(detector);
  });

  test.each([1e308, -1e308, Number.MAX_VALUE])("is not poisoned by a spike of %d", (value) => {
    const detector = played(usual);
    expect(said(play(detector, [value]))[0]?.score).toBeGreaterThan(0.9);
    expectWell(detector);
  });

  test("sees a spike although 1e308 was its first point", () => {
    const detector = played([1e308, ...usual]);
    expect(said(play(detector, noise(100, 100, 2, 12)))).toEqual([]);
    expect(said(play(detector, [160]))[0]?.explanation?.kind).toBe("spike");
  });

  test("is well again in time after many of 1e308", () => {
    const detector = played(usual);
    for (let i = 0; i < 10; i++) play(detector, [1e308, ...noise(99, 100, 2, i + 20)]);
    play(detector, noise(20_000, 100, 2, 31));
    expectWell(detector);
  });

  test("takes negative values as any others", () => {
    const detector = played(usual.map((x) => -x));
    expect(said(play(detector, [-160]))[0]?.explanation?.kind).toBe("drop");
  });

  test("goes on after a gap", () => {
    const detector = played(usual);
    takePoint(detector, detector.clock.lastMs + 700 * minuteMs, 100);
    expectWell(detector);
  });
});
