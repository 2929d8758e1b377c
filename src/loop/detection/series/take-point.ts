import { takeWindow } from "./drift.ts";
import { takeUnusual } from "./episode.ts";
import { explain } from "./explain.ts";
import { distanceOf, forgettable, remember, type KnownSituations } from "./known-situations.ts";
import { barOf, rarityOf, type RareEvents } from "./rare-events.ts";
import { isFull, pushRecent } from "./recent-values.ts";
import { expectedAt, findSeason, isLearning, isTold, learnSeason } from "./season.ts";
import { admit } from "./series-clock.ts";
import { windowPoints, type SeriesDetector } from "./series-detector.ts";
import { scoreOf, type SeriesDrift, type SeriesScore } from "./series-score.ts";
import { stillnessOf } from "./stillness.ts";
import { drawPoint } from "./thumbnail.ts";
import { learnRange, within } from "./usual-range.ts";

/** Larger values count as this, so that squares and sums stay finite. */
const largest = 1e100;
/** Differences smaller than this share of the usual spread are none. */
const unitShare = 0.02;
/** The picture of the past takes values up to this many usual spreads from the level. */
const drawnSpreads = 50;

const ordinary: SeriesScore = { score: 0, unusualness: 0 };

/**
 * Takes the next point of a series, judges it by the points before it alone, and learns from it. Points come in the order of their
 * times; others are refused and counted, see `SeriesClock`. Costs one or two microseconds, the same however long the series is.
 */
export function takePoint(detector: SeriesDetector, atMs: number, value: number): SeriesScore {
  const refused = admit(detector.clock, atMs, value, detector.points);
  if (refused !== undefined) return { ...ordinary, refused };
  const x = within(value, largest);
  const point = detector.points++;
  pushRecent(detector.recent, x);
  const valued = lookAtValues(detector, x, point);
  const seasonal = lookAtSeason(detector, atMs, x, point);
  const still = stillnessOf(detector.still, x, point);
  const drift = learnUsual(detector, atMs, x, point);
  const told = detector.season !== undefined && isTold(detector.season, atMs);
  const periodPoints = Math.max(valued, told ? seasonal : 0, still);
  const beside = drift === undefined ? undefined : { drift };
  if (periodPoints === 0) return beside ? { ...ordinary, ...beside } : ordinary;
  const said = takeUnusual(detector.episode, periodPoints, point, atMs);
  const unusualness = scoreOf(periodPoints);
  const by = periodPoints === still ? "stillness" : periodPoints === valued ? "values" : "season";
  return {
    score: said ? unusualness : 0,
    unusualness,
    explanation: explain(detector, { atMs, value: x, periodPoints, by }),
    ...beside,
  };
}

/** How rare the latest values are: the newest, their mean and their spread, together. */
function lookAtValues({ recent, known, rare, situation, usual }: SeriesDetector, x: number, point: number): number {
  if (!isFull(recent)) return 0;
  situation[0] = x;
  situation[1] = recent.mean;
  situation[2] = recent.spread;
  return lookAt(known, rare, situation, point, unitShare * usual.spread);
}

/** How rare it is by how much the latest values are off what the season makes expect. */
function lookAtSeason({ season, clock, usual }: SeriesDetector, atMs: number, x: number, point: number): number {
  if (season === undefined) return 0;
  const rest = x - expectedAt(season, atMs);
  pushRecent(season.rests, rest);
  learnSeason(season, atMs, rest, { stepMs: clock.stepMs, away: Math.abs(x - usual.level) });
  if (!isFull(season.rests) || isLearning(season, atMs)) return 0;
  season.situation[0] = season.rests.mean;
  return lookAt(season.known, season.rare, season.situation, point, unitShare * season.error);
}

function lookAt(
  known: KnownSituations,
  rare: RareEvents,
  situation: Float64Array,
  point: number,
  unit: number,
): number {
  // How near exactly matters only for what is rare or worth remembering.
  const distance = distanceOf(known, situation, Math.max(0, Math.min(barOf(rare), forgettable(known))));
  const { periodPoints, bounded } = rarityOf(rare, distance, point, Math.max(unit, Number.MIN_VALUE));
  remember(known, situation, bounded);
  return periodPoints;
}

/** Learns where the series usually is and what repeats in it; answers a drift. */
function learnUsual(detector: SeriesDetector, atMs: number, x: number, point: number): SeriesDrift | undefined {
  const { recent, usual, clock } = detector;
  const isWindow = (point + 1) % windowPoints === 0;
  if (isWindow) learnRange(usual, recent);
  if (clock.stepMs > 0 && usual.windows > 0) learnPeriod(detector, atMs, x);
  return isWindow ? takeWindow(detector.drift, recent, point, atMs) : undefined;
}

function learnPeriod(detector: SeriesDetector, atMs: number, x: number): void {
  const { usual, clock, thumbnail } = detector;
  const drawn = usual.level + within(x - usual.level, drawnSpreads * usual.spread);
  if (!drawPoint(thumbnail, atMs, drawn, clock.stepMs)) return;
  detector.season = findSeason(detector.season, thumbnail, atMs, windowPoints);
}
