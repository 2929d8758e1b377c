import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cutText } from "./cut-text.ts";

test("the beginning of a text is a text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 20 }), (text, max) => {
      const cut = cutText(text, max);
      expect(cut.isWellFormed()).toBe(true);
      expect(text.startsWith(cut)).toBe(true);
      expect(cut.length).toBeGreaterThanOrEqual(Math.min(text.length, max - 1));
      expect(cut.length).toBeLessThanOrEqual(max);
    }),
  );
});
