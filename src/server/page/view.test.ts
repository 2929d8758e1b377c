import { expect, test } from "vitest";
import { shownOnOneLine } from "../../kernel/one-line.ts";

test("the page shows hostile text as harmlessly as the command line", async () => {
  const { plain }: { plain: (text: string) => string } = await import(
    new URL("./assets/view.js", import.meta.url).href
  );
  const every = Array.from({ length: 0x2100 }, (_, unit) => String.fromCharCode(unit)).join("");
  expect(plain(every)).toBe(shownOnOneLine(every));
  expect(plain("cart\n\u202egnp\u001b")).toBe("cart⏎\ufffdgnp\ufffd");
});
