import { createSeriesDetector, type SeriesDetector } from "./series-detector.ts";
import type { SeriesScore } from "./series-score.ts";
import { takePoint } from "./take-point.ts";

export const minuteMs = 60_000;
export const startMs = Date.UTC(2026, 0, 1);

/** Numbers between 0 and 1 that are the same in each run. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `many` values around `level`, roughly normal with this deviation. */
export function noise(many: number, level: number, deviation: number, seed = 1): number[] {
  const next = chance(seed);
  const sum = (): number => Array.from({ length: 12 }, next).reduce((a, b) => a + b, -6);
  return Array.from({ length: many }, () => level + deviation * sum());
}

/** Plays values a minute apart, after what was played before. */
export function play(detector: SeriesDetector, values: readonly number[]): SeriesScore[] {
  const from = Math.max(startMs, detector.clock.lastMs + minuteMs);
  return values.map((value, i) => takePoint(detector, from + i * minuteMs, value));
}

export function played(values: readonly number[]): SeriesDetector {
  const detector = createSeriesDetector();
  play(detector, values);
  return detector;
}

/** The scores that were said, with what was said. */
export const said = (scores: readonly SeriesScore[]): SeriesScore[] => scores.filter(({ score }) => score > 0);
