import { createRare, rarityOf, type RareEvents } from "./rare-events.ts";
import type { Room } from "./room.ts";

/** How long a series has been exactly the same, and how long it usually is. */
export interface Stillness {
  last: number;
  /** Points in a row that equal the one before. */
  points: number;
  moved: boolean;
  readonly rare: RareEvents;
}

/** Fewer equal points are nothing. */
const pointsMin = 20;
/** Runs are compared as logarithms, and two closer than this are as long. */
const unit = 0.1;

export const createStillness = (room: Room): Stillness => ({
  last: NaN,
  points: 0,
  moved: false,
  rare: createRare(room),
});

/** How rare so long a stillness is, as points between such; 0 unless it is the longest yet of a series that used to move. */
export function stillnessOf(still: Stillness, value: number, point: number): number {
  const same = value === still.last;
  if (!same && !Number.isNaN(still.last)) still.moved = true;
  still.points = same ? still.points + 1 : 0;
  still.last = value;
  const length = still.points >= pointsMin ? Math.log(still.points) : 0;
  const { periodPoints } = rarityOf(still.rare, length, point, unit);
  return length > 0 && still.moved && periodPoints > point ? periodPoints : 0;
}
