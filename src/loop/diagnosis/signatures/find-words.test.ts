import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createFindWords } from "./find-words.ts";

const letters = fc.string({ unit: fc.constantFrom("a", "b", "c", " "), maxLength: 40 });
const words = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 6 }), {
  maxLength: 20,
});

const graphemes = fc.string({ unit: "grapheme", maxLength: 8 });

test("finds exactly the words a text holds", () =>
  fc.assert(
    fc.property(words, letters, (all, text) => {
      const held = all.flatMap((word, i) => (text.includes(word) ? [i] : []));
      expect(createFindWords(all)(text).toSorted((a, b) => a - b)).toEqual(held);
    }),
    { numRuns: 2_000 },
  ));

test("never misses a word beyond ASCII", () =>
  fc.assert(
    fc.property(graphemes, graphemes, (word, around) => {
      fc.pre(word !== "");
      expect(createFindWords([word])(`${around}${word}${around}`)).toEqual([0]);
    }),
  ));

test("a text made to fall back again and again costs no more than its length", () => {
  const all = Array.from({ length: 200 }, (_, i) => "a".repeat(i + 1));
  const find = createFindWords(all);
  const startMs = performance.now();
  expect(find("a".repeat(1_000_000))).toHaveLength(200);
  expect(performance.now() - startMs).toBeLessThan(3_000);
});
