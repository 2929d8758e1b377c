import { horizon } from "./rare-events.ts";
import type { RecentValues } from "./recent-values.ts";
import type { Room } from "./room.ts";
import { scoreOf, type SeriesDrift } from "./series-score.ts";

/**
 * Whether a series goes one way for long, such as memory that leaks: by medians of windows of points, over three lengths of time, beside
 * what it did before. Told once, in a measure of its own, since a drift is no event: the score follows it without a word.
 */
export interface Drift {
  /** The last medians and when each window ended, in rings. */
  readonly medians: Float64Array;
  readonly endedMs: Float64Array;
  /** By length, how far the series went in as long a time before; fades. */
  readonly climbs: Float64Array;
  /** Spread of points within a window. */
  noise: number;
  windows: number;
  /** Nothing is told before this window. */
  quietUntil: number;
}

const kept = 64;
/** In windows. */
const lengths = [8, 16, 32] as const;
/** A drift is so much one way that of all pairs of windows at most one in ten is the other way (Kendall's tau). */
const tauMin = 0.8;
/** It goes at least this many times the spread of points, and this many times as far as before. */
const noiseMin = 3;
const fartherMin = 2;
/** A step from one window to the next of more than this share of the way is a shift. */
const stepMax = 0.5;
/** Windows of past before anything is told. */
const pastMin = 24;
/** What was before fades by this each window: to a half in about 700. */
const fading = 0.999;
const noiseRate = 0.05;
/** What went nowhere before is as if it had gone this share of the spread of points. */
const floorShare = 0.25;

export const createDrift = (room: Room): Drift => ({
  medians: room(kept),
  endedMs: room(kept),
  climbs: room(lengths.length),
  noise: 0,
  windows: 0,
  quietUntil: 0,
});

/** Takes in a full window of recent values, the last of them point number `point`; answers a drift when it is to be told. */
export function takeWindow(drift: Drift, recent: RecentValues, point: number, atMs: number): SeriesDrift | undefined {
  const at = drift.windows++ % kept;
  drift.medians[at] = recent.values.toSorted()[recent.values.length >> 1] as number;
  drift.endedMs[at] = atMs;
  drift.noise += (recent.spread - drift.noise) * Math.max(noiseRate, 1 / drift.windows);
  let [found, farthest] = [undefined as SeriesDrift | undefined, 0];
  for (const [i, length] of lengths.entries()) {
    if (drift.windows < 2 * length) break;
    const before = Math.abs(wayOf(drift, length, length));
    const climb = (drift.climbs[i] = Math.max(fading * (drift.climbs[i] as number), before));
    const way = wayOf(drift, 0, length);
    const farther = Math.abs(way) / Math.max(climb, floorShare * drift.noise, Number.MIN_VALUE);
    if (drift.windows < pastMin || farther < fartherMin || farther <= farthest) continue;
    if (Math.abs(way) < noiseMin * drift.noise || !isSteady(drift, length, way)) continue;
    farthest = farther;
    found = told(drift, length, Math.min(point, horizon) * farther);
  }
  if (found === undefined) return undefined;
  const isNew = drift.windows > drift.quietUntil;
  drift.quietUntil = drift.windows + kept / 2;
  return isNew ? found : undefined;
}

/** The median of the window that ended `ago` windows before the last. */
const medianAt = ({ medians, windows }: Drift, ago: number): number => medians[(windows - 1 - ago) % kept] as number;

/** Mean of a quarter of `length` windows, from `ago` windows back on. */
function quarter(drift: Drift, ago: number, length: number): number {
  const many = length >> 2;
  let sum = 0;
  for (let i = 0; i < many; i++) sum += medianAt(drift, ago + i);
  return sum / many;
}

/** How far it went in the `length` windows that ended `ago` windows before the last: last quarter less first. */
const wayOf = (drift: Drift, ago: number, length: number): number =>
  quarter(drift, ago, length) - quarter(drift, ago + length - (length >> 2), length);

/** Whether it went that way step by step. */
function isSteady(drift: Drift, length: number, way: number): boolean {
  for (let ago = 0; ago + 1 < length; ago++)
    if (Math.abs(medianAt(drift, ago) - medianAt(drift, ago + 1)) > stepMax * Math.abs(way)) return false;
  return Math.abs(tauOf(drift, length)) >= tauMin;
}

function tauOf(drift: Drift, length: number): number {
  let sum = 0;
  for (let later = 0; later < length; later++)
    for (let earlier = later + 1; earlier < length; earlier++)
      sum += Math.sign(medianAt(drift, later) - medianAt(drift, earlier));
  return sum / ((length * (length - 1)) / 2);
}

function told(drift: Drift, length: number, rarity: number): SeriesDrift {
  const periodPoints = Math.min(1e9, rarity);
  const mid = quarter(drift, length - (length >> 2), length);
  const reach = noiseMin * drift.noise;
  return {
    score: scoreOf(periodPoints),
    explanation: {
      kind: "drift",
      expected: { low: mid - reach, mid, high: mid + reach },
      observed: quarter(drift, 0, length),
      periodPoints,
      sinceMs: drift.endedMs[(drift.windows - length) % kept] as number,
    },
  };
}
