import type { Room } from "./room.ts";

/**
 * The largest events of a measure in the recent past, each the peak of a stretch of `stretch` points; what would be one of them is rare.
 * Ranks among past extremes need no distribution: a heavy tail raises its own bar. Beyond the largest, rarity grows with the distance
 * in units of the distances among them (peaks over threshold, after Siffer et al., KDD 2017, without a fitted tail).
 */
export interface RareEvents {
  /** Descending. */
  readonly peaks: Float64Array;
  /** The point each began at, counted from the series' first. */
  readonly begun: Float64Array;
  count: number;
  /** The event going on, -1 when none is. */
  openAt: number;
  openPeak: number;
}

const eventsMax = 6;
const stretch = 10;
/** Events are forgotten after this many points. */
export const horizon = 20_000;
/**
 * An event is remembered as no larger than the largest, or than this many times what the lesser ones lie apart: the absurd raises the
 * bar, but not out of reach.
 */
const reachMax = 30;
/** Points before anything is called rare, and events. */
const pointsMin = 100;
const eventsMin = 4;
/** Rarer than this nothing is: what differs at all from what was always the same would be infinitely rare, which is no number to go on with. */
const rarestPoints = 1e9;

export const createRare = (room: Room): RareEvents => ({
  peaks: room(eventsMax),
  begun: room(eventsMax),
  count: 0,
  openAt: -1,
  openPeak: 0,
});

/** What is no larger than this is nothing rare; -Infinity while nothing is known. */
export const barOf = ({ peaks, count }: RareEvents): number =>
  count === eventsMax ? (peaks[eventsMax - 1] as number) : -Infinity;

export interface Rarity {
  /** Points that pass between events as large as this, by the series' own past; 0 when it is nothing rare. */
  periodPoints: number;
  /** The measure, no larger than it will be remembered. */
  bounded: number;
}

const rarity: Rarity = { periodPoints: 0, bounded: 0 };

/** Judges `measure` at point number `point` by what came before it, then takes it in. `unit` is the smallest difference that counts. */
export function rarityOf(rare: RareEvents, measure: number, point: number, unit: number): Readonly<Rarity> {
  if (rare.openAt >= 0 && point - rare.openAt > stretch) close(rare);
  if (point % 64 === 0) forget(rare, point - horizon);
  const bar = barOf(rare);
  const { bounded } = judge(rare, measure, point, unit);
  if (rare.openAt >= 0) rare.openPeak = Math.max(rare.openPeak, bounded);
  else if (bounded > bar) [rare.openAt, rare.openPeak] = [point, bounded];
  return rarity;
}

/** The same without taking it in. */
export function judge(rare: RareEvents, measure: number, point: number, unit: number): Readonly<Rarity> {
  const { peaks, count } = rare;
  rarity.bounded = measure;
  rarity.periodPoints = 0;
  if (count < eventsMin || measure <= (peaks[count - 1] as number)) return rarity;
  const largest = peaks[0] as number;
  const middle = peaks[count >> 1] as number;
  const distance = Math.max(largest - middle, unit);
  const beyond = (measure - largest) / distance;
  const reach = reachMax * Math.max(middle - (peaks[count - 1] as number), unit);
  rarity.bounded = Math.min(measure, Math.max(largest, middle + reach));
  if (point < pointsMin) return rarity;
  const rank = beyond >= 0 ? 1 / (1 + beyond) : rankAmong(rare, measure, unit);
  rarity.periodPoints = Math.min(rarestPoints, Math.min(point, horizon) / rank);
  return rarity;
}

/** How many events were at least as large, with parts between two. */
function rankAmong({ peaks }: RareEvents, measure: number, unit: number): number {
  let above = 0;
  while ((peaks[above] as number) > measure) above++;
  const [upper, lower] = [peaks[above - 1] as number, peaks[above] as number];
  return above + Math.min(1, (upper - measure) / Math.max(upper - lower, unit));
}

function close(rare: RareEvents): void {
  const { peaks, begun } = rare;
  let at = Math.min(rare.count, eventsMax - 1);
  if (rare.count === eventsMax && rare.openPeak <= (peaks[at] as number)) at = -1;
  for (; at > 0 && (peaks[at - 1] as number) < rare.openPeak; at--) {
    peaks[at] = peaks[at - 1] as number;
    begun[at] = begun[at - 1] as number;
  }
  if (at >= 0) {
    peaks[at] = rare.openPeak;
    begun[at] = rare.openAt;
    rare.count = Math.min(eventsMax, rare.count + 1);
  }
  rare.openAt = -1;
}

function forget(rare: RareEvents, before: number): void {
  const { peaks, begun } = rare;
  let kept = 0;
  for (let i = 0; i < rare.count; i++) {
    if ((begun[i] as number) <= before) continue;
    peaks[kept] = peaks[i] as number;
    begun[kept++] = begun[i] as number;
  }
  rare.count = kept;
}
