import type { Signature, Clue } from "./signature.ts";
import { observationsOf, observedSchema } from "./observed-case.ts";
import type { Observations } from "./observations.ts";
import { parsePattern, type Pattern } from "./pattern.ts";

export const patternsOf = (...texts: string[]): Pattern[] =>
  texts.map((text) => {
    const parsed = parsePattern(text);
    if (!parsed.ok) throw new Error(parsed.error);
    return parsed.value;
  });

export const signatureOf = (clues: readonly Clue[], over: Partial<Signature> = {}): Signature => ({
  name: "tried",
  version: "1.0.0",
  owner: "team",
  cause: "tried",
  title: "it is tried",
  advice: "nothing",
  for: clues,
  against: [],
  ...over,
});

export const saying = (weight: number, ...texts: string[]): Clue => ({
  weight,
  look: { type: "log", says: patternsOf(...texts), unless: [] },
});

/** What was seen, in the words of a test of signatures. */
export const observed = (seen: unknown): Observations => observationsOf(observedSchema.parse(seen), "cart");
