import { describe, expect, it } from "vitest";
import { memoryAuditStore } from "../../test/audit/memory-audit-store.ts";
import { sampleKey, sampleSigner } from "../../test/audit/sample-log.ts";
import { openCheckpoint } from "../loop/audit/checkpoint.ts";
import { hashLeaf, merkleTree, rootOf } from "../loop/audit/merkle.ts";
import { parseVerifierKey } from "../loop/audit/note.ts";
import { verifyExport } from "../loop/audit/verify.ts";
import type { Redactor } from "../ports/redactor.ts";
import type { AuditStore } from "../ports/store.ts";
import { exportLines } from "./export-log.ts";
import { createRecorder } from "./recorder.ts";
import type { AuditEntry } from "./seal-record.ts";

/** Stands in for the adapter: masks one word. */
const redactor: Redactor = { redact: (text) => text.replaceAll("hunter2", "[redacted:password]") };

function setup() {
  const store = memoryAuditStore();
  const recorder = () => createRecorder({ store, redactor, signer: sampleSigner, clock: { nowMs: () => 1_000 } });
  return { store, recorder };
}

const entry = (n: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  key: `inc-1/${n}`,
  type: "finding.raised",
  atMs: 5,
  actor: { kind: "homeostat", name: "homeostat" },
  subject: "inc-1",
  configCommit: "abc",
  body: { n },
  ...more,
});

const many = (from: number, to: number): AuditEntry[] => Array.from({ length: to - from }, (_, i) => entry(from + i));

async function exported(store: ReturnType<typeof memoryAuditStore>): Promise<string> {
  let text = "";
  for await (const line of exportLines(store, sampleSigner)) text += line;
  return text;
}

const verdictOf = (text: string, since?: string) =>
  verifyExport(Buffer.from(text), { vkey: sampleKey, ...(since === undefined ? {} : { since }) });

describe("recording", () => {
  it("keeps the order, adds a known key once, and stamps the time where none is given", async () => {
    const { store, recorder } = setup();
    const { atMs: _, ...untimed } = entry(3);
    await recorder().record(entry(1), entry(2));
    await recorder().record(entry(2), untimed);
    expect(store.leaves.map((l) => [l.record.key, l.record.v, l.record.atMs])).toEqual([
      ["inc-1/1", 1, 5],
      ["inc-1/2", 1, 5],
      ["inc-1/3", 1, 1_000],
    ]);
  });

  it("hashes the exact canonical bytes", async () => {
    const { store, recorder } = setup();
    await recorder().record(entry(1, { body: { z: 1, a: "ö" } }));
    expect(store.leaves[0]?.canonical).toContain('"body":{"a":"ö","z":1}');
    expect(store.hashes[0]).toBe(Buffer.from(hashLeaf(Buffer.from(store.leaves[0]?.canonical ?? ""))).toString("hex"));
  });

  it("lets no secret into any part of a record, and keeps records apart that differ only in one", async () => {
    const { store, recorder } = setup();
    const hidden = {
      subject: "hunter2",
      actor: { kind: "system" as const, name: "hunter2" },
      body: { hunter2: ["hunter2"] },
    };
    await recorder().record(
      entry(1, { ...hidden, key: "a/hunter2" }),
      entry(2, { ...hidden, key: "a/hunter2", atMs: 6 }),
    );
    expect(JSON.stringify([store.leaves, store.salts])).not.toContain("hunter2");
    expect(store.leaves).toHaveLength(2);
  });

  it("makes what JSON stores refuse storable, and large bodies small", async () => {
    const { store, recorder } = setup();
    await recorder().record(
      entry(1, { body: { a: "x\u0000y\ud800" } }),
      entry(2, { body: { a: "x".repeat(300_000) } }),
    );
    expect(store.leaves[0]?.record.body).toEqual({ a: "x\ufffdy\ufffd" });
    expect(store.leaves[1]?.record.body).toMatchObject({ oversize: { chars: 300_008 } });
    expect(verdictOf(await exported(store)).ok).toBe(true);
  });
});

describe("personal data", () => {
  const approval = entry(1, {
    type: "approval.answered",
    actor: { kind: "person", name: "jane" },
    body: { by: "jane", note: "looks fine", who: "jane", seen: [{ kind: "person", name: "joe" }], answer: "approve" },
    personal: ["note"],
  });

  it("is in the log as commitments only, and can be disclosed", async () => {
    const { store, recorder } = setup();
    await recorder().record(approval);
    const [leaf] = store.leaves;
    expect(leaf?.canonical).not.toMatch(/jane|joe|looks fine|personal/);
    expect(leaf?.canonical).toMatch(/"actor":\{"kind":"person","name":"commitment:sha256:[0-9a-f]{64}"\}/);
    expect(leaf?.record.body).toMatchObject({
      answer: "approve",
      by: { commitment: expect.stringMatching(/^sha256:/) },
    });
    const disclosed = leaf ? await recorder().disclose(leaf.record) : [];
    expect(Object.fromEntries(disclosed.map((d) => [d.pointer, d.value]))).toEqual({
      "/actor/name": "jane",
      "/body/by": "jane",
      "/body/note": "looks fine",
      "/body/who": "jane",
      "/body/seen/0/name": "joe",
    });
  });

  it("cannot be linked from record to record", async () => {
    const { store, recorder } = setup();
    await recorder().record(approval, { ...approval, key: "inc-1/2" });
    const names = store.leaves.map((l) => l.record.actor.name);
    expect(new Set(names).size).toBe(2);
  });

  it("stays open after a retry, although that drew other salts", async () => {
    const { store, recorder } = setup();
    await recorder().record(approval);
    await recorder().record(approval);
    const record = store.leaves[0]?.record;
    expect(record && (await recorder().disclose(record)).map((d) => d.value)).not.toContain(undefined);
  });

  it("is gone once its salts are erased, and the log still verifies", async () => {
    const { store, recorder } = setup();
    await recorder().record(approval);
    store.salts.length = 0;
    const record = store.leaves[0]?.record;
    expect(record && (await recorder().disclose(record)).every((d) => d.value === undefined)).toBe(true);
    expect(verdictOf(await exported(store)).ok).toBe(true);
  });

  it("cannot be disclosed as something else", async () => {
    const { store, recorder } = setup();
    await recorder().record(approval);
    store.salts.forEach((salt, i) => (store.salts[i] = { ...salt, value: "mallory" }));
    const record = store.leaves[0]?.record;
    expect(record && (await recorder().disclose(record)).every((d) => d.value === undefined)).toBe(true);
  });
});

describe("publishing", () => {
  it("signs the tree as it is, reading each leaf once", async () => {
    const { store } = setup();
    let read = 0;
    const audit: AuditStore = {
      ...store.audit,
      leafHashes: (from, to) => {
        read += to - from;
        return store.audit.leafHashes(from, to);
      },
    };
    const one = createRecorder({ store: { audit }, redactor, signer: sampleSigner, clock: { nowMs: () => 1_000 } });
    const key = parseVerifierKey(sampleKey);
    for (const size of [0, 3, 3, 8, 9]) {
      await one.record(...many(0, size));
      const head = await one.publish();
      expect(head.size).toBe(size);
      expect(head.root).toBe(
        Buffer.from(rootOf(merkleTree(store.hashes.map((h) => Buffer.from(h, "hex"))))).toString("hex"),
      );
      expect(key.ok && openCheckpoint(head.note, key.value)).toMatchObject({ ok: true, value: { size } });
    }
    expect(read).toBe(9);
    expect(store.checkpoints.map((c) => c.size)).toEqual([0, 3, 8, 9]);
  });

  it("works with several controllers taking turns, and at once", async () => {
    const { store, recorder } = setup();
    const [one, two] = [recorder(), recorder()];
    for (let n = 0; n < 12; n += 2) {
      await one.record(entry(n));
      await Promise.all([one.publish(), two.publish()]);
      await two.record(entry(n + 1));
      await (n % 4 === 0 ? one : two).publish();
    }
    expect(verdictOf(await exported(store), store.checkpoints[3]?.note)).toMatchObject({ ok: true, size: 12 });
  });

  it.each([
    ["a rewritten leaf", (s: ReturnType<typeof memoryAuditStore>) => (s.hashes[2] = "0".repeat(64))],
    ["a removed tail", (s: ReturnType<typeof memoryAuditStore>) => [s.leaves.pop(), s.hashes.pop()]],
    ["a missing leaf hash", (s: ReturnType<typeof memoryAuditStore>) => s.hashes.pop()],
    ["a broken checkpoint", (s: ReturnType<typeof memoryAuditStore>) => s.checkpoints.push({ size: 5, note: "x" })],
  ])("refuses to sign over %s", async (_, tamper) => {
    const { store, recorder } = setup();
    await recorder().record(...many(0, 5));
    await recorder().publish();
    tamper(store);
    const signed = store.checkpoints.length;
    await recorder().record(...many(10, 12));
    const late = recorder();
    await expect(late.publish()).rejects.toMatchObject({ code: "damaged-log", retryable: false });
    await expect(late.publish()).rejects.toMatchObject({ code: "damaged-log" });
    await expect(exported(store)).rejects.toMatchObject({ code: "damaged-log" });
    expect(store.checkpoints).toHaveLength(signed);
  });
});

it("goes on publishing once a rewritten store is repaired", async () => {
  const { store, recorder } = setup();
  await recorder().record(...many(0, 5));
  await recorder().publish();
  const late = recorder();
  const [first = ""] = store.hashes.splice(0, 1, "0".repeat(64));
  await expect(late.publish()).rejects.toMatchObject({ code: "damaged-log" });
  store.hashes[0] = first;
  await late.record(entry(5));
  expect(await late.publish()).toMatchObject({ size: 6 });
});

describe("the export", () => {
  it.each([0, 1, 255, 256, 600])(
    "of %i records verifies, ends in a fresh checkpoint, and extends earlier ones",
    async (size) => {
      const { store, recorder } = setup();
      await recorder().record(...many(0, Math.floor(size / 2)));
      const { note } = await recorder().publish();
      await recorder().record(...many(Math.floor(size / 2), size));
      expect(verdictOf(await exported(store), note)).toMatchObject({
        ok: true,
        size,
        extendsSize: Math.floor(size / 2),
      });
      expect(store.checkpoints.at(-1)?.size).toBe(size);
    },
  );

  it("lets the verifier name what was changed and what is gone in the store", async () => {
    const { store, recorder } = setup();
    await recorder().record(...many(0, 20));
    const leaf = store.leaves[17];
    if (leaf) store.leaves[17] = { ...leaf, canonical: leaf.canonical.replace('"n":17', '"n":71') };
    store.leaves.splice(4, 1);
    const verdict = verdictOf(await exported(store));
    expect(verdict.ok ? [] : verdict.problems.map((p) => `${p.kind} ${p.index}`)).toEqual(["altered 17", "removed 4"]);
  });

  it("is of the size it began with while the log grows", async () => {
    const { store, recorder } = setup();
    await recorder().record(...many(0, 300));
    let text = "";
    for await (const line of exportLines(store, sampleSigner)) {
      text += line;
      await recorder().record(entry(1_000 + text.length));
    }
    expect(verdictOf(text)).toMatchObject({ ok: true, size: 300 });
  });
});
