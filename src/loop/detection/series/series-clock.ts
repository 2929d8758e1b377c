import { createRare, rarityOf, type RareEvents } from "./rare-events.ts";
import type { Room } from "./room.ts";

/** Why a point was not looked at. */
export type Refusal = "not a number" | "not newer" | "too far ahead";

/**
 * What a series knows of its own time. Points come in order; what is late, doubled, far ahead or no number is left out and counted.
 * A clock that was set is followed once `straysMax` points in a row agree on it, so a jump in either direction costs that many points.
 */
export interface SeriesClock {
  lastMs: number;
  /** The median interval, known after `stepsMax` of them; 0 before. */
  stepMs: number;
  readonly steps: Float64Array;
  stepCount: number;
  /** The longest intervals. */
  readonly gaps: RareEvents;
  strayMs: number;
  strays: number;
  notNumbers: number;
  notNewer: number;
  farAhead: number;
}

const stepsMax = 15;
const straysMax = 5;
/** More than this many steps ahead is a clock gone wrong until more points say so. */
const aheadSteps = 10_000;

export const createClock = (room: Room): SeriesClock => ({
  lastMs: -Infinity,
  stepMs: 0,
  steps: room(stepsMax),
  stepCount: 0,
  gaps: createRare(room),
  strayMs: NaN,
  strays: 0,
  notNumbers: 0,
  notNewer: 0,
  farAhead: 0,
});

/** Lets a point in, as number `point` of the series, or says why not. */
export function admit(clock: SeriesClock, atMs: number, value: number, point: number): Refusal | undefined {
  if (!Number.isFinite(value) || !Number.isFinite(atMs)) {
    clock.notNumbers++;
    return "not a number";
  }
  const refusal = offClock(clock, atMs);
  if (refusal !== undefined && !agreed(clock, atMs)) {
    if (refusal === "not newer") clock.notNewer++;
    else clock.farAhead++;
    return refusal;
  }
  if (refusal === undefined) learnInterval(clock, atMs - clock.lastMs, point);
  clock.lastMs = atMs;
  clock.strays = 0;
  return undefined;
}

function offClock({ lastMs, stepMs }: SeriesClock, atMs: number): Refusal | undefined {
  if (atMs <= lastMs) return "not newer";
  return stepMs > 0 && atMs - lastMs > aheadSteps * stepMs ? "too far ahead" : undefined;
}

/** True when so many strays in a row tell the same new time that it is the clock which moved. */
function agreed(clock: SeriesClock, atMs: number): boolean {
  const apart = atMs - clock.strayMs;
  const follows = apart > 0 && (clock.stepMs === 0 || apart <= aheadSteps * clock.stepMs);
  clock.strays = follows ? clock.strays + 1 : 1;
  clock.strayMs = atMs;
  return clock.strays >= straysMax;
}

function learnInterval(clock: SeriesClock, intervalMs: number, point: number): void {
  if (intervalMs === Infinity) return;
  if (clock.stepMs > 0) {
    rarityOf(clock.gaps, intervalMs, point, clock.stepMs);
    return;
  }
  clock.steps[clock.stepCount++] = intervalMs;
  if (clock.stepCount === stepsMax) clock.stepMs = clock.steps.toSorted()[stepsMax >> 1] ?? 0;
}
