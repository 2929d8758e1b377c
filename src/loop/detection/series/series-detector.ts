import { createDrift, type Drift } from "./drift.ts";
import { createEpisode, type Episode } from "./episode.ts";
import { createKnown, type KnownSituations } from "./known-situations.ts";
import { createRare, type RareEvents } from "./rare-events.ts";
import { createRecent, type RecentValues } from "./recent-values.ts";
import { createRoom } from "./room.ts";
import type { Season } from "./season.ts";
import { createClock, type SeriesClock } from "./series-clock.ts";
import { createStillness, type Stillness } from "./stillness.ts";
import { createThumbnail, type Thumbnail } from "./thumbnail.ts";
import { createRange, type UsualRange } from "./usual-range.ts";

/**
 * All that is kept about one numeric series, of fixed size (I11): about 10 KB, 16 KB once it has a season. Only
 * numbers and arrays of numbers, so that it can be written down and read back exactly.
 */
export interface SeriesDetector {
  readonly clock: SeriesClock;
  /** Points taken in. */
  points: number;
  readonly recent: RecentValues;
  readonly usual: UsualRange;
  readonly known: KnownSituations;
  readonly rare: RareEvents;
  /** Working place: the situation looked at. */
  readonly situation: Float64Array;
  readonly still: Stillness;
  readonly thumbnail: Thumbnail;
  season: Season | undefined;
  readonly episode: Episode;
  readonly drift: Drift;
}

/** Points that make a situation. */
export const windowPoints = 24;

/** Numbers in the arrays of a detector; a `RangeError` says when they are too few. */
const roomNumbers = 865 + windowPoints;

export function createSeriesDetector(): SeriesDetector {
  const room = createRoom(roomNumbers);
  return {
    clock: createClock(room),
    points: 0,
    recent: createRecent(windowPoints, room),
    usual: createRange(),
    known: createKnown(3, room),
    rare: createRare(room),
    situation: room(3),
    still: createStillness(room),
    thumbnail: createThumbnail(room),
    season: undefined,
    episode: createEpisode(),
    drift: createDrift(room),
  };
}
