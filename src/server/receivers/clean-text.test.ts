import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cleanText, marginUnits } from "./clean-text.ts";

const secret = /SECRET{(.*?)}/gs;
const clean = cleanText({ redact: (text) => text.replaceAll(secret, "[redacted:test]") });

test("short clean texts stay as they are", () => {
  expect(clean("GET /cart/{id}")).toBe("GET /cart/{id}");
});

test("NUL and lone surrogates, which no database takes, are replaced", () => {
  expect(clean("a\0b\uD800c")).toBe("a\uFFFDb\uFFFDc");
});

const hostile = "cart\r\n\t\u0000\u001b[2J\u0085\u009b\u2028\u2029\u202egnp\u2066.";

test("a name stays on its line, steers nothing and turns nothing around, however it is written", () => {
  expect(clean(hostile)).toBe("cart   \ufffd\ufffd[2J \ufffd  \ufffdgnp\ufffd.");
  expect(clean(hostile.padEnd(200, "x")).startsWith(clean(hostile))).toBe(true);
});

test("a body keeps its lines and tabs, and nothing else that steers, also when the same text was a name", () => {
  expect(clean("a\n\tb")).toBe("a  b");
  expect(clean("a\n\tb", 256, "lines")).toBe("a\n\tb");
  expect(clean(hostile, 256, "lines")).toBe("cart \n\t\ufffd\ufffd[2J \ufffd  \ufffdgnp\ufffd.");
});

test("a secret over several lines is masked before its lines are joined", () => {
  const pem = cleanText({ redact: (text) => text.replaceAll(/BEGIN\n.*\nEND/g, "[redacted:key]") });
  expect(pem("x BEGIN\nabc\nEND")).toBe("x [redacted:key]");
});

test("long texts are cut with a mark, never within a character", () => {
  expect(clean("x".repeat(300), 256)).toBe(`${"x".repeat(255)}…`);
  const cut = clean("😀".repeat(200), 256);
  expect(cut.isWellFormed()).toBe(true);
  expect(cut.length).toBeLessThanOrEqual(256);
});

test("a secret never shows in part, wherever the text is cut", () => {
  fc.assert(
    fc.property(
      fc.nat(3 * marginUnits),
      fc.integer({ min: 1, max: marginUnits - 20 }),
      fc.nat(2 * marginUnits),
      fc.integer({ min: 256, max: 8_192 }),
      (before, length, after, max) => {
        const text = `SECRET{${"k".repeat(length)}}${"a".repeat(before)}SECRET{${"k".repeat(length)}}${"b".repeat(after)}`;
        const got = clean(text, max);
        expect(got).not.toContain("k");
        expect(got.length).toBeLessThanOrEqual(max);
      },
    ),
  );
});

test("the same text is redacted once, and the memory of it is bounded", () => {
  let calls = 0;
  const counting = cleanText({ redact: (text) => (calls++, text) });
  for (let i = 0; i < 1_000; i += 1) counting("cart");
  expect(calls).toBe(1);
});
