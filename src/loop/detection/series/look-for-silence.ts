import { judge } from "./rare-events.ts";
import type { SeriesDetector } from "./series-detector.ts";
import { scoreOf, type SeriesExplanation } from "./series-score.ts";

/** Fewer steps without a point are jitter. */
const stepsMin = 3;

export interface Silence {
  /** As `SeriesScore.score`, for as long as the silence lasts. */
  readonly score: number;
  readonly explanation: SeriesExplanation;
}

/** How unusual it is that a series has had no point until `nowMs`, by the longest intervals it had; undefined when it is not. */
export function lookForSilence({ clock, points }: SeriesDetector, nowMs: number): Silence | undefined {
  const { lastMs, stepMs, gaps } = clock;
  const silentMs = nowMs - lastMs;
  if (!(stepMs > 0) || silentMs < stepsMin * stepMs) return undefined;
  const { periodPoints } = judge(gaps, silentMs, points, stepMs);
  if (periodPoints === 0) return undefined;
  const expected = { low: stepMs, mid: stepMs, high: Math.max(stepMs, gaps.peaks[0] as number) };
  const explanation = {
    kind: "missing",
    expected,
    observed: silentMs,
    periodPoints,
    sinceMs: lastMs + stepMs,
  } as const;
  return { score: scoreOf(periodPoints), explanation };
}
