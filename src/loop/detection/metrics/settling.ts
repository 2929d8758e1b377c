import { windowPoints, type SeriesDetector } from "../series/series-detector.ts";
import type { SeriesScore } from "../series/series-score.ts";

/** A stream that was read back is listened to before it is believed, if it missed something. */
export interface Settling {
  readonly detector: SeriesDetector;
  /** Points that say nothing yet; Infinity before the first, which shows how much was missed. */
  settling: number;
}

/** A longer interval than this many steps is a gap. */
const missedSteps = 2.5;

export const ordinary: SeriesScore = { score: 0, unusualness: 0 };

/**
 * Whether a point says nothing, because values from before and after a gap stand side by side in the stream's window: what only goes up
 * would jump in all streams at once. The detector learns from it all the same.
 */
export function settles(stream: Settling, lastMs: number, atMs: number): boolean {
  if (stream.settling === 0) return false;
  if (stream.settling !== Infinity) return --stream.settling >= 0;
  const gap = Math.abs(atMs - lastMs) > missedSteps * stream.detector.clock.stepMs;
  stream.settling = gap ? windowPoints - 1 : 0;
  return gap;
}
