import { partOf, readInto, write, type Written } from "../learned/written.ts";
import { createSeason, type Season } from "./season.ts";
import { createSeriesDetector, windowPoints, type SeriesDetector } from "./series-detector.ts";

/** A detector as JSON, see `write`: about 8 KB, 13 KB with a season; 6 and 10 KB once packed. */
export interface SeriesSnapshot {
  readonly v: 1;
  readonly state: Written;
}

export const snapshotSeries = (detector: SeriesDetector): SeriesSnapshot => ({ v: 1, state: write(detector) });

/** The detector as it was; undefined when the snapshot is of another version or broken, then a new one has to learn anew. */
export function restoreSeries(snapshot: unknown): SeriesDetector | undefined {
  const state = partOf(snapshot, "state");
  if (partOf(snapshot, "v") !== 1 || typeof state !== "object" || state === null) return undefined;
  const detector = createSeriesDetector();
  if (partOf(state, "season") !== undefined) detector.season = createSeason(windowPoints);
  return readInto(detector, state) && isSound(detector) ? detector : undefined;
}

/** Every number that counts places is one of a place that there is: no look may run away or fall out of its arrays. */
function isSound({ clock, recent, known, rare, still, thumbnail, season }: SeriesDetector): boolean {
  const { cells, length, count, cellMs } = thumbnail;
  return (
    counts(clock.stepCount, clock.steps) &&
    [clock.gaps, rare, still.rare].every((r) => counts(r.count, r.peaks)) &&
    isRing(recent) &&
    isMemory(known) &&
    counts(length, cells) &&
    cellMs >= 0 &&
    count >= 0 &&
    (season === undefined || isSoundSeason(season))
  );
}

const isSoundSeason = ({ periodMs, rests, known, rare }: Season): boolean =>
  periodMs > 0 && isRing(rests) && isMemory(known) && counts(rare.count, rare.peaks);

const counts = (count: number, places: Float64Array): boolean =>
  Number.isInteger(count) && count >= 0 && count <= places.length;

const isRing = ({ next, count, values }: SeriesDetector["recent"]): boolean =>
  counts(next, values) && next < values.length && Number.isInteger(count) && count >= 0;

const isMemory = ({ dims, places, count, lightest, nearest, seen, weights }: SeriesDetector["known"]): boolean =>
  dims * weights.length === places.length &&
  counts(count, weights) &&
  counts(lightest, weights) &&
  Number.isInteger(seen) &&
  seen >= 0 &&
  Number.isInteger(nearest) &&
  nearest >= -1 &&
  nearest < Math.max(1, count);
