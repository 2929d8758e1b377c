import { expectedAt, isFair } from "./season.ts";
import type { SeriesDetector } from "./series-detector.ts";
import type { SeriesExplanation, SeriesKind } from "./series-score.ts";

/** What made a point unusual. */
interface Unusual {
  readonly atMs: number;
  readonly value: number;
  readonly periodPoints: number;
  readonly by: "values" | "season" | "stillness";
}

/** Usual spreads that are still expected. */
const expectedSpreads = 3;
/** A level has shifted when this many of the newest values are off to the same side. */
const shiftedPoints = 4;

export function explain(detector: SeriesDetector, unusual: Unusual): SeriesExplanation {
  const expected = expectedRange(detector, unusual.atMs);
  return {
    kind: kindOf(detector, unusual, expected.mid, expected.high - expected.mid),
    expected,
    observed: unusual.value,
    periodPoints: unusual.periodPoints,
    sinceMs: unusual.by === "stillness" ? stillSince(detector, unusual.atMs) : detector.episode.sinceMs,
  };
}

/** A flat line begins with the first of its points, long before it is one. */
const stillSince = ({ still, clock }: SeriesDetector, atMs: number): number => atMs - still.points * clock.stepMs;

/** What would be usual at a time, by the season where there is one, else by the level; all zero before anything is known. */
export function expectedRange({ usual, season }: SeriesDetector, atMs: number): SeriesExplanation["expected"] {
  const fair = season !== undefined && isFair(season, atMs);
  const mid = fair ? expectedAt(season, atMs) : usual.level;
  const reach = expectedSpreads * (fair ? season.error : usual.spread);
  return { low: mid - reach, mid, high: mid + reach };
}

function kindOf(detector: SeriesDetector, { value, by }: Unusual, mid: number, reach: number): SeriesKind {
  if (by === "stillness") return "flat line";
  const { recent, known, situation, season } = detector;
  if (newest(recent, shiftedPoints).every((x) => Math.abs(x - mid) > reach && x > mid === value > mid))
    return "level shift";
  if (by === "season" && season !== undefined && Math.abs(value - mid) <= reach) return "shape";
  const [away, , spread] = known.nearest < 0 ? [0, 0, 0] : apart(known.places, situation, known.nearest);
  if (by === "values" && (spread as number) > (away as number)) return "variance";
  if (Math.abs(value - mid) <= reach) return "shape";
  return value > mid ? "spike" : "drop";
}

/** How far a situation is from the one remembered in `place`, number by number. */
const apart = (places: Float64Array, situation: Float64Array, place: number): Float64Array =>
  situation.map((x, i) => Math.abs(x - (places[place * situation.length + i] as number)));

function newest({ values, count }: SeriesDetector["recent"], many: number): number[] {
  return Array.from({ length: Math.min(many, count) }, (_, i) => values[(count - 1 - i) % values.length] as number);
}
