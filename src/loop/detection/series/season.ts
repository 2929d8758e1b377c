import { findPeriod } from "./find-period.ts";
import { createKnown, type KnownSituations } from "./known-situations.ts";
import { createRare, type RareEvents } from "./rare-events.ts";
import { createRecent, type RecentValues } from "./recent-values.ts";
import { createRoom } from "./room.ts";
import type { Thumbnail } from "./thumbnail.ts";
import { within } from "./usual-range.ts";

/** What repeats in a series: a period it was found to have, what is expected at each part of it, and what was left unexplained. */
export interface Season {
  periodMs: number;
  strength: number;
  /** Time the period was found in: a much longer one corrects it. */
  spanMs: number;
  /** When the profile was drawn from the thumbnail. */
  drawnMs: number;
  readonly profile: Float64Array;
  /** Mean distances from the expectation, and from the series' level: their ratio says whether the season explains anything. */
  error: number;
  away: number;
  readonly rests: RecentValues;
  readonly known: KnownSituations;
  readonly rare: RareEvents;
  readonly situation: Float64Array;
}

const parts = 192;
/** Share of an error that the profile takes over in each period, and the largest error it takes, in mean errors. */
const rate = 0.25;
const errorMax = 6;
/** Two periods that differ less than this are the same. */
const same = 0.03;
const stronger = 0.03;
/** In the first period what it leaves unexplained only becomes known, in the next two the rare of it is gathered; then it speaks. */
const learningPeriods = 1;
const periodsMin = 3;
/** It does while it leaves less than this share of the distances from the level unexplained. */
const unexplainedMax = 0.7;
const memory = 500;

/** Numbers in the arrays of a season with rests of `size`. */
const roomNumbers = (size: number): number => 417 + size;

export function createSeason(size: number): Season {
  const room = createRoom(roomNumbers(size));
  return {
    periodMs: 0,
    strength: 0,
    spanMs: 0,
    drawnMs: 0,
    profile: room(parts),
    error: 0,
    away: 0,
    rests: createRecent(size, room),
    known: createKnown(1, room),
    rare: createRare(room),
    situation: room(1),
  };
}

/** Looks at the thumbnail for a period: the season of the series from here on, `season` or a better one, which learns anew. */
export function findSeason(
  season: Season | undefined,
  thumbnail: Thumbnail,
  atMs: number,
  size: number,
): Season | undefined {
  const found = findPeriod(thumbnail.cells.subarray(0, thumbnail.length));
  if (found === undefined) return season;
  const spanMs = thumbnail.length * thumbnail.cellMs;
  const periodMs = found.length * thumbnail.cellMs;
  if (season && !isBetter(season, periodMs, spanMs, found.strength)) return season;
  const better = Object.assign(createSeason(size), { periodMs, spanMs, strength: found.strength, drawnMs: atMs });
  drawProfile(better, thumbnail);
  return better;
}

function isBetter(season: Season, periodMs: number, spanMs: number, strength: number): boolean {
  const apartMs = Math.abs(periodMs - season.periodMs);
  if (apartMs >= same * season.periodMs) return strength >= season.strength + stronger;
  season.strength = Math.max(0.99 * season.strength, strength);
  return spanMs >= 1.5 * season.spanMs && apartMs >= season.periodMs / parts / 4;
}

/** Lays the periods of the thumbnail over each other, the latest on top. */
function drawProfile({ profile, periodMs }: Season, { cells, length, startMs, cellMs }: Thumbnail): void {
  const drawn = new Uint16Array(parts);
  for (let i = 0; i < length; i++) {
    const cell = cells[i] as number;
    if (Number.isNaN(cell)) continue;
    const from = Math.floor(((startMs + i * cellMs) / periodMs) * parts);
    const to = Math.max(from + 1, Math.floor(((startMs + (i + 1) * cellMs) / periodMs) * parts));
    for (let part = from; part < Math.min(to, from + parts); part++) {
      const at = modulo(part, parts);
      const times = (drawn[at] = (drawn[at] as number) + 1);
      const share = Math.max(1 / times, rate);
      profile[at] = (1 - share) * (times === 1 ? 0 : (profile[at] as number)) + share * cell;
    }
  }
  fillGaps(profile, drawn);
}

/** A part that nothing was drawn for is as the next one. */
function fillGaps(profile: Float64Array, drawn: Uint16Array): void {
  for (let at = 0; at < parts; at++) {
    let next = at;
    while (next < at + parts && drawn[next % parts] === 0) next++;
    profile[at] = profile[next % parts] as number;
  }
}

const modulo = (x: number, n: number): number => ((x % n) + n) % n;

/** Where a time falls in the profile: the part before it, and how far it is on the way to the next. */
function phaseOf(periodMs: number, atMs: number): { part: number; next: number; way: number } {
  const phase = modulo(atMs / periodMs, 1) * parts - 0.5;
  const part = Math.floor(phase);
  return { part: modulo(part, parts), next: modulo(part + 1, parts), way: phase - part };
}

export function expectedAt({ profile, periodMs }: Season, atMs: number): number {
  const { part, next, way } = phaseOf(periodMs, atMs);
  return (profile[part] as number) * (1 - way) + (profile[next] as number) * way;
}

/** Takes in that a value was `rest` above what was expected, in a series of one point each `stepMs` and this level. */
export function learnSeason(
  season: Season,
  atMs: number,
  rest: number,
  { stepMs, away }: { stepMs: number; away: number },
): void {
  const { profile, periodMs } = season;
  const { part, next, way } = phaseOf(periodMs, atMs);
  const pointsPerPart = Math.max(1, periodMs / stepMs / parts);
  const step = (rate / pointsPerPart) * within(rest, season.error > 0 ? errorMax * season.error : Infinity);
  const share = (1 - way) ** 2 + way ** 2;
  profile[part] = (profile[part] as number) + (step * (1 - way)) / share;
  profile[next] = (profile[next] as number) + (step * way) / share;
  const reach = season.away > 0 ? 5 * season.away : Infinity;
  season.away += (Math.min(away, reach) - season.away) / (season.away > 0 ? memory : 1);
  season.error += (Math.min(Math.abs(rest), reach) - season.error) / (season.error > 0 ? memory : 1);
}

/** Whether it is too soon to tell what is rare in what the season leaves unexplained. */
export const isLearning = (season: Season, atMs: number): boolean =>
  atMs - season.drawnMs < learningPeriods * season.periodMs;

/** Whether the season is to be believed at this time. */
export const isTold = (season: Season, atMs: number): boolean =>
  atMs - season.drawnMs > periodsMin * season.periodMs && explains(season);

/** Whether it is good enough to say what would be usual, which it is sooner than what is rare can be told by it. */
export const isFair = (season: Season, atMs: number): boolean => !isLearning(season, atMs) && explains(season);

const explains = ({ error, away }: Season): boolean => error < unexplainedMax * away;
