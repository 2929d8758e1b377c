import type { Refusal } from "./series-clock.ts";

/**
 * What is unusual about a point. `missing` is told by `lookForSilence`, since a point that is not there tells nothing, and `drift` beside the
 * score, since it is no event.
 */
export type SeriesKind = "spike" | "drop" | "level shift" | "flat line" | "variance" | "shape" | "missing" | "drift";

export interface SeriesExplanation {
  readonly kind: SeriesKind;
  /** In the unit of the series; for `missing`, time between points in ms. */
  readonly expected: { readonly low: number; readonly mid: number; readonly high: number };
  readonly observed: number;
  /** Points that pass, by this series' own past, between events as unusual as this. */
  readonly periodPoints: number;
  /** When what is unusual began. */
  readonly sinceMs: number;
}

export interface SeriesScore {
  /**
   * How much to believe that something is wrong, 0 to 1: the probability of it if one thing in 1,000 points goes wrong and chance makes
   * something as unusual once in `periodPoints`, so `periodPoints / (periodPoints + 1000)`. It is given once an episode, at the point
   * where it shows, and again only when it gets far rarer; every other point has 0.
   */
  readonly score: number;
  /** The same for every unusual point of an episode, for whoever watches it go on. */
  readonly unusualness: number;
  readonly explanation?: SeriesExplanation;
  /** That the series goes steadily one way, farther than it used to; told once. */
  readonly drift?: SeriesDrift;
  /** Why the point was left out, if it was. */
  readonly refused?: Refusal;
}

/** A steady climb or fall. Its expectation is where it was before. */
export interface SeriesDrift {
  /** As `SeriesScore.score`, by how much farther it went than it ever did in as long a time. */
  readonly score: number;
  readonly explanation: SeriesExplanation;
}

const wrongOncePoints = 1_000;

export const scoreOf = (periodPoints: number): number => periodPoints / (periodPoints + wrongOncePoints);
