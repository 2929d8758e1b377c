import { generateKeyPairSync, sign } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkpointText, openCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { hashLeaf } from "./merkle.ts";
import { formatNote, formatVerifierKey, isKeyName, openNote, parseNote, parseVerifierKey } from "./note.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const raw = new Uint8Array(Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url"));
const name = "example.com/log";
const key = parsed(formatVerifierKey(name, raw));
const signed = (text: string): string =>
  formatNote(text, { name, publicKey: raw }, sign(null, Buffer.from(text), privateKey));

function parsed(vkey: string) {
  const result = parseVerifierKey(vkey);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe("verifier keys", () => {
  it("reads the published key of the Go checksum database, whose id it recomputes", () => {
    const vkey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    expect(parsed(vkey)).toMatchObject({ name: "sum.golang.org", id: "033de0ae" });
    expect(formatVerifierKey("sum.golang.org", parsed(vkey).publicKey)).toBe(vkey);
  });

  it("refuses a wrong id, another type, a short key, loose Base 64 and names with spaces", () => {
    const good = formatVerifierKey(name, raw);
    const [, id = "", base64 = ""] = good.split(/\+(.{8})\+/);
    const type2 = Buffer.concat([Buffer.of(2), raw]).toString("base64");
    for (const bad of [
      `${name}+00000000+${base64}`,
      `${name}+${id.toUpperCase()}x+${base64}`,
      `${name}+${id}+${type2}`,
      `${name}+${id}+${base64.slice(0, -4)}`,
      `${name}+${id}+${base64} `,
      `${name}+${id}+${base64.replace(/=*$/, "")}=`,
      `two words+${id}+${base64}`,
      `+${id}+${base64}`,
      "",
    ])
      expect(parseVerifierKey(bad).ok, bad).toBe(false);
    expect(
      isKeyName("a\u00a0b") || isKeyName("a\u2003b") || isKeyName("a\u0085b") || isKeyName("a+b") || isKeyName(""),
    ).toBe(false);
  });
});

describe("signed notes", () => {
  it("writes the em dash of the specification", () => {
    const bytes = Buffer.from(signed("hello\n"));
    expect(bytes.subarray(0, 11).toString("hex")).toBe(
      Buffer.concat([Buffer.from("hello\n\n"), Buffer.of(0xe2, 0x80, 0x94, 0x20)]).toString("hex"),
    );
  });

  it("opens what the key signed, whatever the text", () => {
    const text = fc.string({ unit: "grapheme" }).map((s) => `${s.replaceAll(/\p{Cc}/gu, "")}\n`);
    fc.assert(
      fc.property(text, (t) => {
        expect(openNote(signed(t), key)).toMatchObject({ ok: true, value: { text: t } });
      }),
    );
  });

  it("opens the example of the Go checksum database's note package, and only with its key", () => {
    const note =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
      "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    expect(openNote(note, parsed("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"))).toMatchObject({
      ok: true,
    });
    expect(openNote(note, key).ok).toBe(false);
  });

  it("ignores other keys' signatures, and refuses the note for one wrong signature of its own", () => {
    const note = signed("hello\n");
    expect(openNote(`${note}\u2014 witness.example AAAAAAAA\n`, key).ok).toBe(true);
    const forged = signed("other\n").split("\n\n")[1] ?? "";
    expect(openNote(`${note}${forged}`, key).ok).toBe(false);
  });

  it("refuses every single-byte change", () => {
    const note = Buffer.from(signed("hello\nworld\n"));
    for (let i = 0; i < note.length; i++) {
      for (const flip of [1, 0x20, 0x80]) {
        const changed = Buffer.from(note);
        changed[i] = (note[i] ?? 0) ^ flip;
        expect(openNote(changed.toString(), key).ok, `byte ${i} ^ ${flip}`).toBe(false);
      }
    }
  });

  it.each([
    "",
    "\n",
    "hello\n",
    "hello\n\n",
    "hello\n\n\u2014 a b",
    "hello\n\n- a AAAAAAAA\n",
    "hello\n\n\u2014  a AAAAAAAA\n",
    "hello\r\n\n\u2014 a AAAAAAAA\n",
    "hello\n\n\u2014 a AAAAAAB=\n",
    `hello\n\n${"\u2014 a AAAAAAAA\n".repeat(65)}`,
  ])("refuses the form of %j", (note) => expect(parseNote(note).ok).toBe(false));

  it("accepts sixteen signatures", () =>
    expect(parseNote(`hello\n\n${"\u2014 a AAAAAAAA\n".repeat(16)}`).ok).toBe(true));
});

describe("checkpoints", () => {
  const head = { origin: name, size: 17, root: hashLeaf(Buffer.from("x")) };

  it("reads the specification's example", () => {
    expect(
      parseCheckpoint("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"),
    ).toMatchObject({
      ok: true,
      value: { origin: "example.com/behind-the-sofa", size: 20852163, extensions: [] },
    });
  });

  it("reads what it writes", () =>
    expect(openCheckpoint(signed(checkpointText(head)), key)).toMatchObject({ ok: true, value: { size: 17 } }));

  it("refuses another log's origin under this key", () =>
    expect(openCheckpoint(signed(checkpointText({ ...head, origin: "example.com/other" })), key).ok).toBe(false));

  it.each(["017", "+17", "1e1", "", " 17", "17 ", "-1", "9007199254740993", "0x11"])("refuses the size %j", (size) =>
    expect(parseCheckpoint(checkpointText(head).replace("\n17\n", `\n${size}\n`)).ok).toBe(false),
  );

  it("refuses loose Base 64 and roots of another length", () => {
    const text = checkpointText(head);
    expect(
      parseCheckpoint(text.replace(/(.)=\n$/, (_, c: string) => `${String.fromCharCode(c.charCodeAt(0) + 1)}=\n`)).ok,
    ).toBe(false);
    expect(parseCheckpoint(text.replace("=\n", "\n")).ok).toBe(false);
    expect(parseCheckpoint(`${name}\n17\nAAAA\n`).ok).toBe(false);
    expect(parseCheckpoint(text.slice(0, -1)).ok).toBe(false);
  });
});
