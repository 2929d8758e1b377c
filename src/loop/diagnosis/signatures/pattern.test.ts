import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { flat, matchesPattern, parsePattern, wordsOf, type Pattern } from "./pattern.ts";

const pattern = (text: string): Pattern => {
  const parsed = parsePattern(text);
  if (!parsed.ok) throw new Error(`\`${text}\` ${parsed.error}`);
  return parsed.value;
};
const matches = (text: string, line: string): boolean => matchesPattern(pattern(text), flat(line));

describe("what a pattern finds", () => {
  test.each([
    ["connection refused", "dial tcp: connect: Connection  refused"],
    ["connect * refused", "connect to 10.0.0.1 port 80 was refused"],
    ["connect * refused", "connect refused"],
    ["ECONNREFUSED", "(ECONNREFUSED)"],
    ["timeout*", "two timeouts"],
    ["*Exception", "java.net.ConnectException: x"],
    ["exit code 137", "ended with exit code 137."],
    ["prüfsumme", "Falsche Prüfsumme"],
  ])("`%s` is in `%s`", (text, line) => expect(matches(text, line)).toBe(true));

  test.each([
    ["connection refused", "connection was refused"],
    ["connect * refused", "refused to connect"],
    ["timeout", "two timeouts"],
    ["OOM", "the room is full"],
    ["exit code 13", "exit code 137"],
    ["disk full", "disk fully checked"],
    ["FLUSHALL", "tlb_flushall_shift: 6"],
    ["aab * aab", "aab"],
  ])("`%s` is not in `%s`", (text, line) => expect(matches(text, line)).toBe(false));

  test("names are the same words however they are written", () => {
    for (const name of [
      "HostOutOfDiskSpace",
      "host_out_of_disk_space",
      "host-out-of disk.space",
      "HOST OUT OF DISK SPACE",
    ])
      expect(wordsOf(name)).toBe("host out of disk space");
    expect(wordsOf("KubePodOOMKilled")).toBe("kube pod oom killed");
  });
});

describe("what is no pattern", () => {
  test.each([
    ["*", /no piece/],
    ["a * b", /no piece/],
    ["--- * ---", /no piece/],
    ["abc".repeat(100), /longer than 200/],
    ["abc*abc*abc*abc*abc*abc*abc*abc", /more than 6 gaps/],
  ])("`%s`", (text, why) => {
    const parsed = parsePattern(text);
    expect(parsed.ok ? "" : parsed.error).toMatch(why);
  });
});

describe("laws", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "é", "1", "-", ".", "_"), minLength: 3, maxLength: 6 });

  test("agrees with the regular expression it stands for", () => {
    const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\-]/g, String.raw`\$&`);
    const wordly = "[a-z0-9_\u0080-\uffff]";
    const bound = (text: string) =>
      `${/^[a-z0-9_\u0080-\uffff]/.test(text) ? `(?<!${wordly})` : ""}${escaped(text)}${/[a-z0-9_\u0080-\uffff]$/.test(text) ? `(?!${wordly})` : ""}`;
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 3 }), fc.array(word, { maxLength: 12 }), (parts, line) => {
        const parsed = parsePattern(parts.join(" * "));
        if (!parsed.ok) return;
        const text = flat(line.join(" "));
        expect(matchesPattern(parsed.value, text)).toBe(new RegExp(parts.map(bound).join(".*")).test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test("finds itself, and never throws on any text", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.string({ unit: "binary" }), (text, line) => {
        const parsed = parsePattern(text);
        if (!parsed.ok) return;
        if (!text.includes("*")) expect(matchesPattern(parsed.value, flat(text))).toBe(true);
        expect(typeof matchesPattern(parsed.value, flat(line))).toBe("boolean");
      }),
    ));
});
