import { nearest } from "../../care/nearest.ts";

/** What of a bundle was not understood, for people: never silently passed over. */
export interface Notes {
  /** Something is wrong at a place, such as `logs.jsonl:3`; the same thing again is only counted. */
  add(where: string, what: string): void;
  /** A word that is not known; says which was meant, when one is like it. */
  unknown(where: string, what: string, word: string, known: readonly string[]): void;
  /** As they came, the first of each with how often it came. */
  all(): string[];
}

const notesMax = 20;
/** Words are compared with this many known ones. */
const comparedMax = 2_000;
const wordMax = 100;

export function createNotes(): Notes {
  const seen = new Map<string, { where: string; many: number }>();
  let more = 0;
  const add = (where: string, what: string): void => {
    const known = seen.get(what);
    if (known) known.many++;
    else if (seen.size < notesMax) seen.set(what, { where, many: 1 });
    else more++;
  };
  return {
    add,
    unknown(where, what, word, known) {
      const meant = word.length > wordMax ? undefined : nearest(word, known.slice(0, comparedMax));
      add(where, `${what}${meant === undefined ? "" : `; did you mean \`${meant}\`?`}`);
    },
    all: () => [
      ...[...seen].map(([what, { where, many }]) => `${where}: ${what}${many > 1 ? ` (${many} times)` : ""}`),
      ...(more > 0 ? [`${more} more things were not understood`] : []),
    ],
  };
}
