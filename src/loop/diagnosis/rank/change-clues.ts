import type { Clue } from "./clue.ts";
import type { RankSettings } from "./rank-settings.ts";
import type { Recording } from "./recording.ts";
import type { Timeline } from "./timeline.ts";
import { lasting, shortened } from "./words.ts";

/** Changes this long before the onset still speak. */
const lookbackMs = 30 * 60_000;
/** An onset is found this much too early at times. */
const blurMs = 30_000;

const textMax = 200;
/** What is nearer to an onset than this is not before or after it. */
const aboutMs = 5_000;

/** Places that changed shortly before it began: the fewer did, the more it says. */
export function changeClues({ changes, places }: Recording, { fromMs }: Timeline, settings: RankSettings): Clue[] {
  const recent = changes.filter((c) => c.timeMs >= fromMs - lookbackMs && c.timeMs <= fromMs + blurMs);
  const changed = new Set(recent.map((c) => c.place));
  return recent.map(({ place, timeMs, text }) => ({
    place,
    kind: "changes",
    dimension: "change",
    nats: settings.changeNats + Math.log(places.length / changed.size),
    text: `${shortened(text, textMax)}, ${when(fromMs - timeMs)}`,
    sinceMs: timeMs,
  }));
}

const when = (beforeMs: number): string => {
  if (Math.abs(beforeMs) < aboutMs) return "just when it began";
  return beforeMs > 0
    ? `${lasting(beforeMs)} before it began`
    : `${lasting(-beforeMs)} after the time it seems to have begun`;
};
