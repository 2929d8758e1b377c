import { clock } from "../describe.ts";
import type { SeriesExplanation } from "./series-score.ts";

/** One line for people: what is seen, what was expected, how rare that is, and since when. */
export function describeSeries({ kind, expected, observed, periodPoints, sinceMs }: SeriesExplanation): string {
  const since = `since ${clock(sinceMs)}`;
  const rare = `as unusual once in ${Math.round(periodPoints).toLocaleString("en")} points`;
  if (kind === "missing")
    return `missing: no point for ${seconds(observed)}, at most ${seconds(expected.high)} before; ${rare}, ${since}`;
  return `${kind}: ${short(observed)} where ${short(expected.low)} to ${short(expected.high)} is expected; ${rare}, ${since}`;
}

const short = (x: number): string => String(Number(x.toPrecision(4)));

const seconds = (ms: number): string => `${short(ms / 1000)} s`;
