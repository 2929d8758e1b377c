// A second verifier of exported audit logs, written from docs/audit-format.md alone: it imports nothing of this project.
// Usage: node independent-verifier.mjs EXPORT VKEY [EARLIER-CHECKPOINT]; exit status 0 means verified.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const demand = (condition, what) => {
  if (!condition) throw new Error(what);
};

/** The size and root that the export proves, both as in its checkpoint. Throws for any other input. */
export function verifyIndependently(bytes, vkey, earlier) {
  const key = readKey(vkey);
  const lines = split(bytes);
  const head = readCheckpoint(noteOf(lines.at(-1)), key, true);
  demand(
    lines[0].equals(canonicalBytes({ format: "homeostat-audit/1", origin: head.origin, size: head.size })),
    "header",
  );
  const leafLines = lines.slice(1, -1);
  demand(leafLines.length === head.size, "number of records");
  const records = leafLines.map(recordOf);
  const hashes = records.map((record) => sha256(Buffer.of(0), record));
  demand(rootOver(hashes).equals(head.root), "root");
  leafLines.forEach((line, i) => demand(line.equals(leafLine(i, hashes, records[i])), `line of record ${i}`));
  if (earlier !== undefined) checkEarlier(readCheckpoint(Buffer.from(earlier), key, false), hashes);
  return { size: head.size, root: head.root.toString("hex") };
}

function split(bytes) {
  const lines = [];
  let from = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== 0x0a) continue;
    lines.push(Buffer.from(bytes.subarray(from, at)));
    from = at + 1;
  }
  demand(from === bytes.length && lines.length >= 2, "lines");
  return lines;
}

/** Text of bytes that are valid UTF-8: encoding the text again gives the same bytes. */
function utf8(bytes) {
  const text = bytes.toString("utf8");
  demand(Buffer.from(text, "utf8").equals(bytes), "UTF-8");
  return text;
}

function base64(text) {
  const bytes = Buffer.from(text, "base64");
  demand(bytes.toString("base64") === text, "Base 64");
  return bytes;
}

/** RFC 8785: members sorted by UTF-16 code units, numbers and strings as ECMAScript writes them. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "string") demand(value.isWellFormed(), "text");
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.keys(value)
    .toSorted()
    .map((name) => `${canonical(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}
const canonicalBytes = (value) => Buffer.from(canonical(value), "utf8");

function readKey(vkey) {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.*)$/u.exec(vkey) ?? [];
  demand(name !== undefined && !/\p{White_Space}/u.test(name), "key name");
  const typed = base64(encoded);
  demand(typed.length === 33 && typed[0] === 1, "key type");
  demand(
    sha256(Buffer.from(`${name}\n`), typed)
      .subarray(0, 4)
      .toString("hex") === id,
    "key id",
  );
  const jwk = { kty: "OKP", crv: "Ed25519", x: typed.subarray(1).toString("base64url") };
  return { name, id, key: createPublicKey({ key: jwk, format: "jwk" }) };
}

function noteOf(line) {
  const { checkpoint } = JSON.parse(utf8(line));
  demand(typeof checkpoint === "string" && line.equals(canonicalBytes({ checkpoint })), "checkpoint line");
  return Buffer.from(checkpoint, "utf8");
}

function readCheckpoint(note, key, strict) {
  const whole = utf8(note);
  // oxlint-disable-next-line no-control-regex -- the format forbids exactly these
  demand(!/[\u0000-\u0009\u000b-\u001f]/.test(whole) && whole.endsWith("\n"), "note");
  const blank = whole.lastIndexOf("\n\n");
  demand(blank >= 0, "note");
  const text = whole.slice(0, blank + 1);
  const signatures = whole
    .slice(blank + 2, -1)
    .split("\n")
    .map(readSignature);
  const own = signatures.filter((s) => s.name === key.name && s.id === key.id);
  demand(own.length > 0 && own.every((s) => verify(null, Buffer.from(text), key.key, s.signature)), "signature");
  const [origin, size, root, ...more] = text.slice(0, -1).split("\n");
  demand(origin === key.name && !more.includes(""), "origin");
  demand(/^(0|[1-9][0-9]*)$/.test(size ?? "") && Number.isSafeInteger(Number(size)), "size");
  demand(!strict || (more.length === 0 && signatures.length === 1), "checkpoint of an export");
  const hash = base64(root ?? "");
  demand(hash.length === 32, "root");
  return { origin, size: Number(size), root: hash };
}

function readSignature(line) {
  const [, name, encoded] = /^\u2014 ([^\p{White_Space}+]+) (.+)$/u.exec(line) ?? [];
  demand(name !== undefined, "signature line");
  const bytes = base64(encoded);
  return { name, id: bytes.subarray(0, 4).toString("hex"), signature: bytes.subarray(4) };
}

function recordOf(line) {
  const text = utf8(line);
  const from = text.indexOf(',"record":') + ',"record":'.length;
  const record = text.slice(from, -1);
  const value = JSON.parse(record);
  demand(typeof value === "object" && value !== null && !Array.isArray(value) && Number.isInteger(value.v), "record");
  demand(canonical(value) === record, "canonical form of a record");
  return Buffer.from(record, "utf8");
}

function leafLine(index, hashes, record) {
  const proof = path(index, hashes).map((hash) => hash.toString("hex"));
  const start = canonical({ index, leafHash: hashes[index].toString("hex"), proof }).slice(0, -1);
  return Buffer.concat([Buffer.from(`${start},"record":`), record, Buffer.from("}")]);
}

/** The largest power of two smaller than n. */
const splitOf = (n) => 2 ** (Math.ceil(Math.log2(n)) - 1);

function rootOver(hashes) {
  if (hashes.length === 0) return sha256();
  if (hashes.length === 1) return hashes[0];
  const k = splitOf(hashes.length);
  return sha256(Buffer.of(1), rootOver(hashes.slice(0, k)), rootOver(hashes.slice(k)));
}

function path(m, hashes) {
  if (hashes.length === 1) return [];
  const k = splitOf(hashes.length);
  if (m < k) return [...path(m, hashes.slice(0, k)), rootOver(hashes.slice(k))];
  return [...path(m - k, hashes.slice(k)), rootOver(hashes.slice(0, k))];
}

function checkEarlier(old, hashes) {
  demand(old.size <= hashes.length, "earlier size");
  demand(rootOver(hashes.slice(0, old.size)).equals(old.root), "earlier root");
}

if (process.argv[1] === import.meta.filename) {
  const [file = "", vkey = "", earlier] = process.argv.slice(2);
  try {
    const { size, root } = verifyIndependently(readFileSync(file), vkey, earlier && readFileSync(earlier));
    console.log(`verified: ${size} records, root ${root}`);
  } catch (error) {
    console.error(`refused: ${error.message}`);
    process.exitCode = 1;
  }
}
