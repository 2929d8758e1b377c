import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleCheckpoint, sampleExport, sampleKey, sampleRecords } from "../../../test/audit/sample-log.ts";
import { leafLine, parseLeafLine } from "./export.ts";
import { hex } from "./export.ts";
import { hashLeaf } from "./merkle.ts";
import type { AuditVerdict } from "./verify.ts";
import { verifyExport } from "./verify.ts";

const records = sampleRecords(11);
const lines = sampleExport(records);
const check = (changed: readonly string[], since?: string): AuditVerdict =>
  verifyExport(Buffer.from(changed.join("")), { vkey: sampleKey, ...(since === undefined ? {} : { since }) });
const problems = (verdict: AuditVerdict) =>
  verdict.ok ? [] : verdict.problems.map((p) => `${p.kind} ${p.index ?? "-"} @${p.line ?? "-"}`);
const leafOf = (line: string | undefined) => {
  const leaf = parseLeafLine((line ?? "").trimEnd());
  if (!leaf) throw new Error("not a leaf line");
  return leaf;
};
/** A forger's line: the record changed, its leaf hash made to fit. */
const forged = (index: number): string => {
  const leaf = leafOf(lines[index + 1]);
  const record = leaf.record.replace("errors", "ERRORS");
  return leafLine({ ...leaf, record, leafHash: hex(hashLeaf(Buffer.from(record))) });
};
const renumbered = (line: string, index: number): string => leafLine({ ...leafOf(line), index });

describe("a whole log", () => {
  it.each([0, 1, 2, 3, 7, 8, 64, 100])("of %i records is accepted", (size) => {
    const verdict = check(sampleExport(sampleRecords(size)));
    expect(verdict).toMatchObject({ ok: true, origin: "example.com/homeostat", size });
    expect(verdict.text).toContain(`${size} records`);
  });

  it("is refused under another key, and no key is taken from the file", () => {
    const other = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    expect(verifyExport(Buffer.from(lines.join("")), { vkey: other })).toMatchObject({
      ok: false,
      problems: [{ kind: "checkpoint" }],
    });
    expect(verifyExport(Buffer.from(lines.join("")), { vkey: "nonsense" })).toMatchObject({ ok: false });
  });
});

describe("tampering is named: the record", () => {
  it("that was altered", () => {
    const verdict = check(lines.with(6, (lines[6] ?? "").replace("errors", "ERRORS")));
    expect(problems(verdict)).toEqual(["altered 5 @7"]);
    expect(verdict.text).toMatch(
      /^record 5 was altered: its bytes hash to [0-9a-f]{64} but leaf hash [0-9a-f]{64} is bound to the root/,
    );
  });

  it("that was altered with its leaf hash made to fit", () =>
    expect(problems(check(lines.with(6, forged(5))))).toEqual(["altered 5 @7"]));

  it("whose line is no longer a line of the format", () =>
    expect(problems(check(lines.with(6, (lines[6] ?? "").replace(',"leafHash"', ', "leafHash"'))))).toEqual([
      "altered 5 @7",
    ]));

  it("that was removed", () => expect(problems(check(lines.toSpliced(6, 1)))).toEqual(["removed 5 @-"]));

  it("that was removed with the later ones renumbered", () => {
    const rest = lines.toSpliced(6, 1).map((line, i) => (i > 5 && i < 11 ? renumbered(line, i - 1) : line));
    expect(problems(check(rest)).filter((p) => p.startsWith("removed"))).toEqual(["removed 5 @-"]);
    expect(check(rest).text).toContain("record 6 was renumbered: line 7 calls it 5");
  });

  it("that was inserted", () => {
    expect(problems(check(lines.toSpliced(6, 0, lines[6] ?? "")))).toEqual(["inserted 5 @8"]);
    expect(problems(check(lines.toSpliced(6, 0, forged(5))))).toEqual(["inserted - @7"]);
    expect(problems(check(lines.toSpliced(6, 0, "{}\n")))).toEqual(["inserted - @7"]);
  });

  it("that was reordered", () => {
    const [a = "", b = ""] = [lines[4], lines[7]];
    expect(problems(check(lines.with(4, b).with(7, a)))).toContain("reordered 3 @8");
  });

  it("that stood at the end, or all of them", () => {
    expect(problems(check(lines.toSpliced(11, 1)))).toEqual(["removed 10 @-"]);
    expect(problems(check(lines.toSpliced(1, 11)))).toHaveLength(11);
  });

  it("of thousands that are gone, by their number", () => {
    const many = sampleExport(sampleRecords(3_000));
    const gone = check(many.toSpliced(1_001, 2_000));
    expect(problems(gone)).toHaveLength(101);
    expect(gone.text).toMatch(/record 1000 was removed.*\n[^]*1900 more records were removed, 2000 in all$/);
  });

  it.each([
    ["two of them at once", lines.with(3, forged(2)).toSpliced(8, 1), ["altered 2 @4", "removed 7 @-"]],
    ["the last", lines.with(11, forged(10)), ["altered 10 @12"]],
    ["the first", lines.with(1, forged(0)), ["altered 0 @2"]],
  ])("%s", (_, changed, expected) => expect(problems(check(changed))).toEqual(expected));
});

describe("refused as well", () => {
  const whole = lines.join("");
  it.each([
    ["nothing", ""],
    ["a cut-off file", whole.slice(0, -10)],
    ["a file without its checkpoint", lines.slice(0, -1).join("")],
    ["a file without its header", lines.slice(1).join("")],
    ["Windows line ends", whole.replaceAll("\n", "\r\n")],
    ["a byte order mark", `\ufeff${whole}`],
    ["an empty line at the end", `${whole}\n`],
    ["a space at the end", `${whole} `],
    ["a second checkpoint", `${whole}${lines.at(-1)}`],
    ["a member twice", whole.replace('{"index":3', '{"index":3,"index":3')],
    ["another spelling of a number", whole.replace('{"index":3', '{"index":3.0')],
    ["another spelling of a letter", whole.replace('"finding', '"\\u0066inding')],
    ["a header with more in it", whole.replace('"size":11', '"size":11,"x":1')],
    ["a checkpoint with a foreign signature", whole.replace('\\n"}\n', '\\n\u2014 x AAAAAAAA\\n"}\n')],
    ["a checkpoint spelled with escapes", whole.replace("\u2014", "\\u2014")],
  ])("%s", (_, text) => expect(verifyExport(Buffer.from(text), { vkey: sampleKey }).ok).toBe(false));

  it("bytes that are not UTF-8", () => {
    const bytes = Buffer.from(whole);
    const at = bytes.indexOf(Buffer.from("ö"));
    for (const byte of [0xff, 0xc0, 0x80]) {
      const changed = Buffer.from(bytes);
      changed[at] = byte;
      expect(problems(verifyExport(changed, { vkey: sampleKey }))).toEqual(["altered 0 @2"]);
    }
  });

  it("a broken byte in the place of the sign that decoders put for broken bytes", () => {
    const bytes = Buffer.from(sampleExport(['{"a":"\ufffd","v":1}']).join(""));
    const at = bytes.indexOf(Buffer.from("\ufffd"));
    const broken = Buffer.concat([bytes.subarray(0, at), Buffer.of(0xff), bytes.subarray(at + 3)]);
    expect(verifyExport(bytes, { vkey: sampleKey }).ok).toBe(true);
    expect(problems(verifyExport(broken, { vkey: sampleKey }))).toEqual(["altered 0 @2"]);
  });

  it("a record that was logged in a form no log may hold, though it is bound to the root", () => {
    for (const record of ['{"v":1 }', '{"v":1,"v":1}', '{"w":1}', '{"v":1,"a":1e0}', '{"v":1,"a":"\\ud800"}', "{}x{}"])
      expect(problems(check(sampleExport([record])))).toEqual(["form 0 @2"]);
  });
});

const line = fc.nat({ max: lines.length - 1 });
const act = fc.oneof(
  fc.record({ do: fc.constant("drop" as const), at: line }),
  fc.record({ do: fc.constant("copy" as const), at: line, to: line }),
  fc.record({ do: fc.constant("forge" as const), at: fc.nat({ max: 10 }) }),
  fc.record({ do: fc.constant("renumber" as const), at: fc.nat({ max: 10 }), to: fc.nat({ max: 20 }) }),
  fc.record({ do: fc.constant("write" as const), at: line, text: fc.string() }),
);

type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;
function applied(now: readonly string[], what: Act): readonly string[] {
  const within = Math.min(what.at, now.length - 1);
  if (what.do === "drop") return now.toSpliced(what.at, 1);
  if (what.do === "copy") return now.toSpliced(what.to, 0, now[what.at] ?? "");
  if (what.do === "forge") return now.with(within, forged(what.at));
  if (what.do === "renumber") return now.with(within, renumbered(lines[what.at + 1] ?? "", what.to));
  return now.toSpliced(what.at, 1, `${what.text}\n`);
}

describe("whatever is done to a file", () => {
  it("it is accepted only unchanged, and every refusal says why", () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 5 }), (acts) => {
        const changed = acts.reduce(applied, lines);
        const verdict = check(changed);
        expect(verdict.ok).toBe(changed.join("") === lines.join(""));
        if (!verdict.ok) expect(verdict.problems.every((p) => p.text.length > 0) && verdict.text.length > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("it never throws, for any bytes and any key", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, vkey) => {
        expect(verifyExport(bytes, { vkey }).ok).toBe(false);
        expect(verifyExport(bytes, { vkey: sampleKey, since: bytes }).ok).toBe(false);
        expect(verifyExport(Buffer.concat([bytes, Buffer.from(lines.at(-1) ?? "")]), { vkey: sampleKey }).ok).toBe(
          false,
        );
      }),
    );
  });
});

describe("an earlier checkpoint", () => {
  it.each([0, 1, 4, 7, 11])("of %i records is extended", (size) =>
    expect(check(lines, sampleCheckpoint(records.slice(0, size)))).toMatchObject({ ok: true, extendsSize: size }),
  );

  it("of another history, a longer log, another key or no form is refused", () => {
    const other = sampleRecords(5).with(2, (records[2] ?? "").replace("errors", "ERRORS"));
    const longer = sampleRecords(12);
    const unsigned = sampleCheckpoint(records.slice(0, 4)).replace("\n4\n", "\n5\n");
    for (const since of [sampleCheckpoint(other), sampleCheckpoint(longer), unsigned, "", "nonsense\n"])
      expect(problems(check(lines, since)), since).toEqual(["history - @-"]);
    expect(verifyExport(Buffer.from(lines.join("")), { vkey: sampleKey, since: Uint8Array.of(0xff) })).toMatchObject({
      ok: false,
    });
    expect(check(lines, sampleCheckpoint(other)).text).toContain("history was rewritten");
  });
});
