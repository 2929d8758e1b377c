import { expect, test } from "vitest";
import { describeSeries } from "./describe-series.ts";
import { lookForSilence } from "./look-for-silence.ts";
import { minuteMs, noise, played } from "./made-series.testsuite.ts";
import { createSeriesDetector } from "./series-detector.ts";
import { takePoint } from "./take-point.ts";

test("tells that a series is missing, the surer the longer", () => {
  const detector = played(noise(1_000, 5, 1));
  const { lastMs } = detector.clock;
  expect(lookForSilence(detector, lastMs + 2 * minuteMs)).toBeUndefined();
  const [soon, late] = [5, 50].map((minutes) => lookForSilence(detector, lastMs + minutes * minuteMs));
  expect(soon?.score).toBeGreaterThan(0.5);
  expect(late?.score).toBeGreaterThan(soon?.score ?? 1);
  expect(late && describeSeries(late.explanation)).toMatch(
    /^missing: no point for 50 min, at most 60 s before; as unusual once in [\d,]+ points, since /,
  );
});

test("knows the gaps a series has", () => {
  const detector = createSeriesDetector();
  for (let i = 0; i < 2_000; i++) takePoint(detector, (i + 30 * Math.floor(i / 100)) * minuteMs, i % 7);
  expect(lookForSilence(detector, detector.clock.lastMs + 25 * minuteMs)).toBeUndefined();
});

test("says nothing about a series it hardly knows", () => {
  expect(lookForSilence(createSeriesDetector(), 1e12)).toBeUndefined();
  const detector = played([1, 2, 3]);
  expect(lookForSilence(detector, detector.clock.lastMs + 1e9)).toBeUndefined();
});
