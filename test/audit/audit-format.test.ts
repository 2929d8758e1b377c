import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { exportLines } from "../../src/engine/export-log.ts";
import { createRecorder } from "../../src/engine/recorder.ts";
import { commit } from "../../src/loop/audit/commitment.ts";
import { parseLeafLine } from "../../src/loop/audit/export.ts";
import { hashLeaf, hashNode } from "../../src/loop/audit/merkle.ts";
import { verifyExport } from "../../src/loop/audit/verify.ts";
import { verifyIndependently } from "./independent-verifier.mjs";
import { memoryAuditStore } from "./memory-audit-store.ts";
import { sampleCheckpoint, sampleExport, sampleKey, sampleRecords, sampleSigner } from "./sample-log.ts";

/** Both verifiers, which share no code. They must never disagree. */
const judges = {
  own: (bytes: Uint8Array, since?: string): boolean =>
    verifyExport(bytes, { vkey: sampleKey, ...(since === undefined ? {} : { since }) }).ok,
  independent: (bytes: Uint8Array, since?: string): boolean => {
    try {
      verifyIndependently(bytes, sampleKey, since);
      return true;
    } catch {
      return false;
    }
  },
};
const verdicts = (bytes: Uint8Array, since?: string): string =>
  Object.entries(judges)
    .map(([name, judge]) => `${name} ${judge(bytes, since) ? "accepts" : "refuses"}`)
    .join(", ");
const judge = (changed: readonly string[]): string => verdicts(Buffer.from(changed.join("")));
const accepted = "own accepts, independent accepts";
const refused = "own refuses, independent refuses";

describe("docs/audit-format.md", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/audit-format.md"), "utf8");
  const [vkey = "", example = "", note = "", earlier = ""] = [...page.matchAll(/```(?:text|jsonl)\n([^`]+)```/g)].map(
    (m) => m[1],
  );
  const leaves = example.split("\n").flatMap((line) => parseLeafLine(line) ?? []);

  it("shows an export that verifies under its key and extends its earlier checkpoint", () => {
    expect(vkey.trim()).toBe(sampleKey);
    expect(verdicts(Buffer.from(example), earlier)).toBe(accepted);
    expect(example).toContain(JSON.stringify(note).slice(1, -1));
    expect(sampleExport(leaves.map((l) => l.record)).join("")).toBe(example);
  });

  it("states the hashes that its records have", () => {
    const [a, b, c] = leaves.map((leaf) => hashLeaf(Buffer.from(leaf.record)));
    if (!a || !b || !c) throw new Error("the example has three records");
    const stated = [...page.matchAll(/^\| .* \| `([0-9a-f]{64})` \|$/gm)].map((m) => m[1]);
    expect(stated).toEqual(
      [a, b, c, hashNode(a, b), hashNode(hashNode(a, b), c)].map((h) => Buffer.from(h).toString("hex")),
    );
  });

  it("opens the commitment in it", () => {
    const salt = /salt\n`([0-9a-f]{64})`/.exec(page)?.[1] ?? "";
    const commitment = commit({ recordKey: "inc-1/2", pointer: "/actor/name", value: "jane" }, salt);
    expect(leaves[2]?.record).toContain(`"name":"commitment:${commitment}"`);
  });
});

describe("two verifiers", () => {
  it.each([0, 1, 2, 3, 5, 8, 33])("accept a log of %i records, and every earlier checkpoint of it", (size) => {
    const records = sampleRecords(size);
    const bytes = Buffer.from(sampleExport(records).join(""));
    expect(verdicts(bytes)).toBe(accepted);
    for (let old = 0; old <= size; old++)
      expect(verdicts(bytes, sampleCheckpoint(records.slice(0, old)))).toBe(accepted);
    expect(verdicts(bytes, sampleCheckpoint(sampleRecords(size + 1)))).toBe(refused);
  });

  it("accept what the recorder really wrote", async () => {
    const store = memoryAuditStore();
    const recorder = createRecorder({
      store,
      redactor: { redact: (t) => t },
      signer: sampleSigner,
      clock: { nowMs: () => 7 },
    });
    const base = { type: "approval.answered" as const, subject: "inc-1", configCommit: "abc" };
    for (let i = 0; i < 40; i++)
      await recorder.record({
        ...base,
        key: `k${i}`,
        actor: { kind: "person", name: "jane" },
        body: { by: "jane", t: '\u2028\u007f😀\\"', n: 1e21, "": -0, "\ufb33": 1, "😀": 2 },
      });
    let text = "";
    for await (const line of exportLines(store, sampleSigner)) text += line;
    expect(verdicts(Buffer.from(text))).toBe(accepted);
  });

  it("refuse every change of one byte, every byte removed, and every byte inserted", () => {
    const bytes = Buffer.from(sampleExport(sampleRecords(3)).join(""));
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      // A flipped bit of each kind, the other case, a space, a line end, and a different byte for each position.
      for (const other of new Set([byte ^ 1, byte ^ 0x20, byte ^ 0x80, 0x20, 0x0a, 0x0d, (byte + at) & 0xff])) {
        if (other === byte) continue;
        const changed = Buffer.from(bytes);
        changed[at] = other;
        expect(verdicts(changed), `byte ${at}: ${byte} to ${other}`).toBe(refused);
      }
      expect(verdicts(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])), `byte ${at} removed`).toBe(
        refused,
      );
      const more = Buffer.concat([bytes.subarray(0, at), Buffer.of(at % 2 === 0 ? 0x20 : byte), bytes.subarray(at)]);
      expect(verdicts(more), `byte inserted before ${at}`).toBe(refused);
    }
    for (const end of ["\n", " ", "\0", "{}\n"])
      expect(verdicts(Buffer.concat([bytes, Buffer.from(end)]))).toBe(refused);
  });

  it("refuse every one of the 255 other values in a few places of each kind", () => {
    const bytes = Buffer.from(sampleExport(sampleRecords(2)).join(""));
    const places = [
      '"format"',
      '"size"',
      '"index"',
      '"proof"',
      "höher",
      "0.25",
      '"checkpoint"',
      "\u2014",
      "\\n2\\n",
      '\\n"}\n',
    ];
    for (const at of places.map((place) => bytes.indexOf(Buffer.from(place)) + 1))
      for (let flip = 1; flip < 256; flip++) {
        const changed = Buffer.from(bytes);
        changed[at] = (bytes[at] ?? 0) ^ flip;
        expect(verdicts(changed), `byte ${at} ^ ${flip}`).toBe(refused);
      }
  });

  it("refuse records in a wrong form, though they are bound to the root", () => {
    for (const record of [
      '{"v":1 }',
      '{"v":1,"v":1}',
      '{"w":1}',
      '{"a":1e0,"v":1}',
      '{"a":"\\ud800","v":1}',
      '{"v":"1"}',
      "{}x{}",
      '{"v":1,"a":1}',
    ])
      expect(judge(sampleExport([record])), record).toBe(refused);
    expect(judge(sampleExport(['{"a":1,"v":2}']))).toBe(accepted);
  });

  it("refuse every record removed, repeated or swapped with the next", () => {
    const lines = sampleExport(sampleRecords(6));
    for (let i = 0; i < lines.length; i++) {
      expect(judge(lines.toSpliced(i, 1)), `line ${i} removed`).toBe(refused);
      expect(judge(lines.toSpliced(i, 0, lines[i] ?? "")), `line ${i} repeated`).toBe(refused);
      if (i > 0)
        expect(judge(lines.with(i, lines[i - 1] ?? "").with(i - 1, lines[i] ?? "")), `line ${i} swapped`).toBe(refused);
    }
  });
});

describe("the independent verifier as a program", () => {
  const folder = mkdtempSync(join(tmpdir(), "audit-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("answers by its exit status", () => {
    const file = join(folder, "log.jsonl");
    const run = () =>
      execFileSync(process.execPath, [join(import.meta.dirname, "independent-verifier.mjs"), file, sampleKey], {
        encoding: "utf8",
        stdio: "pipe",
      });
    const text = sampleExport(sampleRecords(5)).join("");
    writeFileSync(file, text);
    expect(run()).toMatch(/^verified: 5 records, root [0-9a-f]{64}\n$/);
    writeFileSync(file, text.replace("errors", "ERRORS"));
    expect(run).toThrow(/refused: root/);
  });
});
