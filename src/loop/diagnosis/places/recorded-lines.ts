import type { NotableLine } from "../../detection/notable-line.ts";
import type { RecordedLog } from "../rank/recording.ts";
import type { Steps } from "./steps.ts";

/** Characters that tell lines apart. */
const textMax = 120;
/** Different lines of one place (I11): the latest. */
const linesMax = 20;
/** Times one line counts (I11). */
const timesMax = 1_000;

/**
 * Notable lines of one place as lines in time. Only how many there were between the first and the last is known, so they are spread evenly: a
 * burst of what always came says nothing, what is new says much. Steps in which the place was heard of count as others.
 */
export function recordedLines(
  place: string,
  lines: readonly NotableLine[] | undefined,
  heardMs: readonly number[],
  steps: Steps,
): RecordedLog[] {
  if (!lines || heardMs.length === 0) return [];
  const others = heardMs.map((timeMs): RecordedLog => ({ place, timeMs }));
  return [...others, ...lines.slice(0, linesMax).flatMap((line) => spread(place, line, steps))];
}

function spread(place: string, { text, count, firstMs, lastMs }: NotableLine, steps: Steps): RecordedLog[] {
  const template = text.slice(0, textMax).replaceAll(/\d+/g, "#");
  const fits = Math.floor((lastMs - firstMs) / steps.stepMs) + 1;
  const many = Math.min(count, fits, timesMax);
  const apartMs = many > 1 ? (lastMs - firstMs) / (many - 1) : 0;
  return Array.from({ length: many }, (_, i) => ({ place, timeMs: firstMs + i * apartMs, template })).filter((log) =>
    steps.isIn(log.timeMs),
  );
}
