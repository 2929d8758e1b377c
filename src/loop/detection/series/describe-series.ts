import { dateTime } from "../describe.ts";
import type { SeriesExplanation } from "./series-score.ts";

/** One line for people: what is seen, what was expected, how rare that is, and since when. */
export function describeSeries({ kind, expected, observed, periodPoints, sinceMs }: SeriesExplanation): string {
  const since = `since ${dateTime(sinceMs)}`;
  const rare = `as unusual once in ${Math.round(periodPoints).toLocaleString("en")} points`;
  if (kind === "drift")
    return `drift: ${observed > expected.mid ? "climbs" : "falls"} steadily from ${short(expected.mid)} to ${short(observed)} so far, farther than before in as long a time; ${rare}, ${since}`;
  if (kind === "missing")
    return `missing: no point for ${seconds(observed)}, at most ${seconds(expected.high)} before; ${rare}, ${since}`;
  return `${kind}: ${short(observed)} where ${short(expected.low)} to ${short(expected.high)} is expected; ${rare}, ${since}`;
}

/** Four digits; a number that large only differs in its last ones says no more with them. */
const short = (x: number): string => {
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e12)) return x.toPrecision(3);
  return Number(x.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 8 });
};

/** Time that passed, in the largest unit that fits. */
function seconds(ms: number): string {
  const [size, unit] = ms < 120_000 ? [1_000, "s"] : ms < 7_200_000 ? [60_000, "min"] : [3_600_000, "h"];
  return `${Number((ms / size).toPrecision(3)).toLocaleString("en")} ${unit}`;
}
