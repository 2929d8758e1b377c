import type { RecentValues } from "./recent-values.ts";

/**
 * Where a series usually is and how far it strays from there, learned once per window of recent values from what is left without the
 * extremes: one absurd value cannot move it, and a burst of them only by a bounded step.
 */
export interface UsualRange {
  level: number;
  /** Mean distance from the level. */
  spread: number;
  windows: number;
}

/** Forgets over this many windows. */
const memory = 100;
/** The farthest of a window are left out. */
const trimmed = 2;
const stepMax = 5;

export const createRange = (): UsualRange => ({ level: 0, spread: 0, windows: 0 });

/** Takes in a window of recent values, once per window. */
export function learnRange(range: UsualRange, { values }: RecentValues): void {
  const rate = Math.max(1 / ++range.windows, 1 / memory);
  const median = values.toSorted()[values.length >> 1] as number;
  const reach = range.spread > 0 ? stepMax * range.spread : Infinity;
  range.level += rate * within(median - range.level, range.windows > 1 ? reach : Infinity);
  const distances = values.map((value) => Math.abs(value - range.level)).toSorted();
  let sum = 0;
  for (let i = 0; i < values.length - trimmed; i++) sum += Math.min(distances[i] as number, reach);
  range.spread += rate * (sum / (values.length - trimmed) - range.spread);
}

/** `x` no farther from 0 than `reach`. */
export const within = (x: number, reach: number): number => Math.max(-reach, Math.min(reach, x));
