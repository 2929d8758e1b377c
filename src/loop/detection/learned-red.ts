import { nothingLasts } from "./joint/lasting.ts";
import { emptyRate } from "./rate-baseline.ts";
import type { LearnedPart, Restoring } from "./learned/learned-part.ts";
import { partOf, readInto, write, type Written } from "./learned/written.ts";
import { recentAt, recentMax } from "./recent-buckets.ts";
import { bucketMs } from "./red.ts";
import { parseSeriesName } from "./series-name.ts";
import { quieten, type Look } from "./watched.ts";
import { redDimensions, watchSeries, type SeriesWatch } from "./watch-series.ts";

/** What lasts for an hour is the new usual, so what was usual an hour ago says nothing: half a minute of traffic teaches more. */
const usefulMs = 3_600_000;
/** A clock that was set back by more than this makes what was learned lie ahead. */
const aheadMs = 60_000;
/** After a longer gap what fired then has to show itself again. */
const sameMs = 60_000;
/** Senders need up to a minute to find a server again. */
const rateHeldBuckets = 12;

/** What is known of every service and edge: about 2 KB each. */
export const learnedRed = (
  series: ReadonlyMap<string, SeriesWatch>,
  add: (watch: SeriesWatch) => boolean,
): LearnedPart => ({
  kind: "red",
  format: 2,
  usefulMs,
  size: () => series.size,
  *written(sinceMs) {
    for (const [stream, s] of series)
      if ((recentAt(s.recent, 0)?.startMs ?? -Infinity) + bucketMs >= sinceMs) yield { stream, state: writeRed(s) };
  },
  restore(state, nowMs): Restoring {
    const s = readRed(state);
    if (!s) return "damaged";
    if (!resume(s, nowMs)) return "too old";
    return add(s) ? "restored" : "no room";
  },
});

/** All of it, exactly. */
export function writeRed({ name, ...state }: SeriesWatch): Written {
  return { key: name.key, state: write(state) };
}

export function readRed(written: unknown): SeriesWatch | undefined {
  const [key, state] = [partOf(written, "key"), partOf(written, "state")];
  const name = typeof key === "string" ? nameOf(key) : undefined;
  if (!name) return undefined;
  const { name: _, ...fresh } = watchSeries(name);
  fresh.lasting = { ...nothingLasts };
  for (const d of redDimensions) fresh.watched[d].look = blankLook(partOf(partOf(partOf(state, "watched"), d), "look"));
  return readInto(fresh, state) && isSound(fresh) ? { name, ...fresh } : undefined;
}

function nameOf(key: string): SeriesWatch["name"] | undefined {
  try {
    return parseSeriesName(key);
  } catch {
    return undefined;
  }
}

/** Something to read a look into, when there is one. */
function blankLook(written: unknown): Look | undefined {
  if (written === undefined) return undefined;
  return {
    evidence: partOf(written, "evidence") === undefined ? undefined : false,
    significant: false,
    suspicious: false,
    direction: "above",
    expected: { low: 0, mid: 0, high: 0 },
    observed: 0,
    latest: 0,
    unusualness: 0,
    onsetMs: 0,
  };
}

const isSound = ({ recent, rateHeld }: Omit<SeriesWatch, "name">): boolean =>
  [recent.size, recent.next, rateHeld].every((n) => Number.isInteger(n) && n >= 0) && recent.size <= recentMax;

/**
 * Lets a series go on in another life; false when what it knows is too old. How many requests come is learned anew: traffic moves within
 * minutes, and another controller may have had another share of it. Shares of errors and durations stay what they are.
 */
function resume(s: SeriesWatch, nowMs: number): boolean {
  const gapMs = nowMs - (recentAt(s.recent, 0)?.startMs ?? -Infinity) - bucketMs;
  if (gapMs > usefulMs || gapMs < -aheadMs) return false;
  const { rate } = s.watched;
  Object.assign(s.rate, { ...emptyRate(), dispersion: s.rate.dispersion });
  if (rate.firing) quieten(rate, nowMs);
  rate.look = undefined;
  s.rateHeld = rateHeldBuckets;
  s.lasting = { ...s.lasting, traffic: nothingLasts.traffic };
  if (gapMs <= sameMs) return true;
  for (const d of redDimensions) if (s.watched[d].firing) quieten(s.watched[d], nowMs);
  return true;
}
