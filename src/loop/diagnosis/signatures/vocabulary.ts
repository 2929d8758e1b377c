import { createFindWords } from "./find-words.ts";
import { flat, matchesPattern, type Pattern } from "./pattern.ts";
import type { LogMatcher, Matcher, Signature } from "./signature.ts";

/** Characters and lines of one log record that are searched (I11): what went wrong stands at its top. */
const searchedMax = 4_096;
const linesMax = 40;

/** All patterns for logs of a set of signatures, looked for together. */
export interface Vocabulary {
  /** The patterns a log record matches. */
  matches(text: string): ReadonlySet<Pattern["text"]>;
}

/** Made once for each set of signatures, however often it is asked. */
const known = new WeakMap<readonly Signature[], Vocabulary>();

export function vocabularyOf(signatures: readonly Signature[]): Vocabulary {
  const made = known.get(signatures) ?? build(signatures);
  known.set(signatures, made);
  return made;
}

function build(signatures: readonly Signature[]): Vocabulary {
  const all = signatures.flatMap(logMatchers).flatMap((m) => m.says);
  const patterns = [...new Map(all.map((p) => [p.text, p])).values()];
  const find = createFindWords(patterns.map((p) => p.solid));
  return {
    matches(text) {
      const found = new Set<string>();
      for (const line of searched(text))
        for (const number of find(line)) {
          const pattern = patterns[number];
          if (pattern && !found.has(pattern.text) && matchesPattern(pattern, line)) found.add(pattern.text);
        }
      return found;
    },
  };
}

/** The lines of a log record as patterns see them: a gap never reaches over the end of a line. */
export const searched = (text: string): string[] => text.slice(0, searchedMax).split("\n", linesMax).map(flat);

const logMatchers = (signature: Signature): LogMatcher[] =>
  [...signature.for, ...signature.against]
    .flatMap(({ look }): readonly Matcher[] => ("of" in look ? look.of : [look]))
    .filter((m) => m.type === "log");
