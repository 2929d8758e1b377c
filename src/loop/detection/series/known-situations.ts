import type { Room } from "./room.ts";

/**
 * A bounded memory of what a series looked like: a situation is a point of a few numbers in the series' own unit, and what is far from
 * all remembered situations is new. Keeps those that were newest when they came, and forgets slowly. A situation is remembered only
 * `lag` points later, so that the beginning of something does not make its middle look known.
 *
 * The idea is the left discord of matrix profiles (Yeh et al., ICDM 2016) over a memory of prototypes, as adaptive resonance
 * theory keeps them (Carpenter and Grossberg; ARTime, Hampton 2021), without its categories.
 */
export interface KnownSituations {
  readonly dims: number;
  /** Situations, one after the other. */
  readonly places: Float64Array;
  /** How new each was when it came, as a logarithm, plus the forgetting of all that came before it. */
  readonly weights: Float64Array;
  /** Situations not yet remembered, each with its distance to the nearest remembered one. */
  readonly waiting: Float64Array;
  count: number;
  seen: number;
  /** Which place is given up next. */
  lightest: number;
  /** Which place was nearest at the last look; -1 when nothing is known. */
  nearest: number;
}

const placesMax = 96;
const lag = 10;
/** Weight that all places lose with each point: after 5,000 points a situation has to have been e times as new. */
const forgetting = 1 / 5_000;

export const createKnown = (dims: number, room: Room): KnownSituations => ({
  dims,
  places: room(placesMax * dims),
  weights: room(placesMax),
  waiting: room(lag * (dims + 1)),
  count: 0,
  seen: 0,
  lightest: 0,
  nearest: -1,
});

/**
 * Distance of a situation to the nearest remembered one, or to the first found that is no farther than `enough`; 0 when there is none.
 * Begins at the place that was near the last time, so that it is mostly over soon.
 */
export function distanceOf(known: KnownSituations, situation: Float64Array, enough: number): number {
  const { dims, places, count } = known;
  let [best, nearest] = [Infinity, -1];
  let place = Math.max(0, known.nearest);
  for (let tried = 0; tried < count && best > enough * enough; tried++) {
    let distance = 0;
    for (let i = 0, at = place * dims; i < dims; i++, at++) {
      const apart = (situation[i] as number) - (places[at] as number);
      distance += apart * apart;
    }
    if (distance < best) {
      best = distance;
      nearest = place;
    }
    place = place + 1 === count ? 0 : place + 1;
  }
  known.nearest = nearest;
  return nearest < 0 ? 0 : Math.sqrt(best);
}

/** What is no newer than this will not be remembered, now or when its turn comes. */
export const forgettable = ({ count, weights, lightest, seen }: KnownSituations): number =>
  count < placesMax ? 0 : Math.exp((weights[lightest] as number) - (seen + lag) * forgetting);

/** Puts a situation in line to be remembered, with how new it was, and remembers the one whose turn has come. */
export function remember(known: KnownSituations, situation: Float64Array, newness: number): void {
  const { dims, waiting } = known;
  const at = (known.seen % lag) * (dims + 1);
  if (known.seen >= lag) keep(known, at);
  for (let i = 0; i < dims; i++) waiting[at + i] = situation[i] as number;
  waiting[at + dims] = newness;
  known.seen++;
}

/** Remembers the waiting situation at `from` if it is newer than the least new of those remembered. */
function keep(known: KnownSituations, from: number): void {
  const { dims, waiting, places, weights } = known;
  const weight = Math.log(waiting[from + dims] as number) + known.seen * forgetting;
  const full = known.count === placesMax;
  if (full && weight <= (weights[known.lightest] as number)) return;
  const place = full ? known.lightest : known.count++;
  places.set(waiting.subarray(from, from + dims), place * dims);
  weights[place] = weight;
  known.lightest = lightestOf(known);
  for (let at = 0; at < waiting.length; at += dims + 1) bringNearer(waiting, at, from, dims);
}

function lightestOf({ weights, count }: KnownSituations): number {
  let lightest = 0;
  for (let place = 1; place < count; place++)
    if ((weights[place] as number) < (weights[lightest] as number)) lightest = place;
  return lightest;
}

/** What waits is no newer than its distance to what was just remembered. */
function bringNearer(waiting: Float64Array, at: number, from: number, dims: number): void {
  let distance = 0;
  for (let i = 0; i < dims; i++) distance += ((waiting[at + i] as number) - (waiting[from + i] as number)) ** 2;
  waiting[at + dims] = Math.min(waiting[at + dims] as number, Math.sqrt(distance));
}
