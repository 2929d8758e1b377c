import { sha256Hex } from "../../kernel/digest.ts";
import type { LearnedPart, LearnedState } from "../../loop/detection/learned/learned-part.ts";
import type { LearnedRow, LearnedStore } from "../../ports/store.ts";

/** A portion is no more than this, and takes no more of the process at a stretch (I11). */
const portion = { rows: 200, characters: 4_000_000, workMs: 20 } as const;
/** A stream that takes more than this is not kept. */
const charactersMax = 1_000_000;
const nameMax = 500;

/** Writes streams down, a portion at a time. */
export interface LearnedWriter {
  /** Rows of what took something in since a time, each made when its turn comes. */
  rowsSince(sinceMs: number): Iterator<LearnedRow>;
  /** Writes the next of them; whether there are more. What cannot be written is kept and tried again first. */
  write(rows: Iterator<LearnedRow>): Promise<boolean>;
  readonly counts: { saved: number; failures: number; tooLarge: number };
  /** Why the last portion was not written; empty when it was. */
  trouble(): string;
  /** When the last portion was written, ms; NaN before. */
  wellMs(): number;
}

export function createLearnedWriter(
  learned: readonly LearnedPart[],
  store: Pick<LearnedStore, "put">,
  nowMs: () => number,
): LearnedWriter {
  const counts = { saved: 0, failures: 0, tooLarge: 0 };
  let [trouble, wellMs] = ["", Number.NaN];
  let waiting: LearnedRow[] = [];
  return {
    *rowsSince(sinceMs) {
      for (const part of learned)
        for (const state of part.written(sinceMs)) {
          const row = rowOf(part, state, nowMs());
          if (row.state.length <= charactersMax) yield row;
          else counts.tooLarge++;
        }
    },
    async write(rows) {
      const isLast = waiting.length === 0 && take(rows, waiting);
      try {
        await store.put(waiting);
      } catch (error) {
        counts.failures++;
        trouble = error instanceof Error ? error.message : String(error);
        return true;
      }
      counts.saved += waiting.length;
      [waiting, trouble, wellMs] = [[], "", nowMs()];
      return !isLast;
    },
    counts,
    trouble: () => trouble,
    wellMs: () => wellMs,
  };
}

/** Adds rows until there are enough for a portion; true when there are no more. */
function take(rows: Iterator<LearnedRow>, into: LearnedRow[]): boolean {
  const untilMs = performance.now() + portion.workMs;
  for (let characters = 0; into.length < portion.rows && characters < portion.characters;) {
    const next = rows.next();
    if (next.done === true) return true;
    into.push(next.value);
    characters += next.value.state.length;
    if (performance.now() > untilMs) break;
  }
  return false;
}

/** The state names its stream itself; a long name only has to be told from others. */
const rowOf = ({ kind, format }: LearnedPart, { stream, state }: LearnedState, learnedAtMs: number): LearnedRow => ({
  kind,
  stream: stream.length <= nameMax ? stream : `sha256:${sha256Hex(stream)}`,
  format,
  learnedAtMs,
  state: JSON.stringify(state),
});
