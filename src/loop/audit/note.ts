import { createHash, createPublicKey, verify } from "node:crypto";
import type { Result } from "../../kernel/result.ts";
import { err, ok } from "../../kernel/result.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";

/** Signed notes as C2SP signed-note defines them, with Ed25519 signatures (type 0x01) only. */

/** A key that verifies notes: its name, its 4-byte id and the raw 32-byte Ed25519 public key. */
export interface VerifierKey {
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly id: string;
  readonly publicKey: Uint8Array;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
}

export interface SignedNote {
  /** What was signed, with its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const ed25519Type = 0x01;
/** The specification asks for at least 16; more than this is refused (I11). */
const signaturesMax = 64;
const signatureLine = /^\u2014 (?<name>[^\p{White_Space}+]+) (?<base64>[A-Za-z0-9+/=]+)$/u;
// oxlint-disable-next-line no-control-regex -- the specification forbids exactly these
const forbiddenCharacter = /[\u0000-\u0009\u000b-\u001f]/;

/** First 4 bytes of SHA-256(name || 0x0A || 0x01 || public key), as hex. */
export const keyId = (name: string, publicKey: Uint8Array): string =>
  createHash("sha256")
    .update(`${name}\n`)
    .update(Uint8Array.of(ed25519Type))
    .update(publicKey)
    .digest("hex")
    .slice(0, 8);

/** A key name is not empty and has neither Unicode spaces nor `+`. */
export const isKeyName = (name: string): boolean =>
  /^[^\p{White_Space}+]+$/u.test(name) && !forbiddenCharacter.test(name);

/** `name+hexid+base64(0x01 || public key)`: what people hand to a verifier. */
export const formatVerifierKey = (name: string, publicKey: Uint8Array): string =>
  `${name}+${keyId(name, publicKey)}+${encodeBase64(Uint8Array.of(ed25519Type, ...publicKey))}`;

export function parseVerifierKey(text: string): Result<VerifierKey, string> {
  const [, name = "", id = "", base64 = ""] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(text) ?? [];
  const key = decodeBase64(base64);
  if (!isKeyName(name) || key?.length !== 33 || key[0] !== ed25519Type)
    return err(`\`${text}\` is not a verifier key, give it as \`name+id+base64\` with an Ed25519 key`);
  const publicKey = key.subarray(1);
  if (keyId(name, publicKey) !== id) return err(`the key id \`${id}\` does not belong to this key, copy the key again`);
  return ok({ name, id, publicKey });
}

/** Text of a note with one signature by this key. `text` ends in a newline. */
export function formatNote(text: string, key: Pick<VerifierKey, "name" | "publicKey">, signature: Uint8Array): string {
  const id = Buffer.from(keyId(key.name, key.publicKey), "hex");
  return `${text}\n\u2014 ${key.name} ${encodeBase64(Buffer.concat([id, signature]))}\n`;
}

/** Takes a note apart without trusting it: nothing in it counts before `openNote`. */
export function parseNote(note: string): Result<SignedNote, string> {
  if (!note.isWellFormed() || forbiddenCharacter.test(note))
    return err("the note holds control characters or broken unicode");
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) return err("the note has no signatures after an empty line");
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > signaturesMax) return err(`the note has more than ${signaturesMax} signatures`);
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignature(line);
    if (!signature) return err(`the signature line \`${line}\` is not in the form of a signed note`);
    signatures.push(signature);
  }
  return ok({ text: note.slice(0, split + 1), signatures });
}

function parseSignature(line: string): NoteSignature | undefined {
  const found = signatureLine.exec(line)?.groups;
  const bytes = decodeBase64(found?.["base64"] ?? "");
  if (!found || !bytes || bytes.length < 5) return undefined;
  return {
    name: found["name"] ?? "",
    keyId: Buffer.from(bytes.subarray(0, 4)).toString("hex"),
    signature: bytes.subarray(4),
  };
}

/**
 * The signed text, if the key signed it. Signatures of other keys are ignored; one wrong signature in this key's name
 * refuses the whole note.
 */
export function openNote(note: string, key: VerifierKey): Result<SignedNote, string> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const own = parsed.value.signatures.filter((s) => s.name === key.name && s.keyId === key.id);
  if (own.length === 0) return err(`the note is not signed by the key \`${key.name}+${key.id}\``);
  if (!own.every((s) => verifyEd25519(key.publicKey, Buffer.from(parsed.value.text), s.signature)))
    return err(`the signature by \`${key.name}\` does not fit the note`);
  return parsed;
}

function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const x = Buffer.from(publicKey).toString("base64url");
  try {
    return verify(null, message, createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }), signature);
  } catch {
    // A public key that is no point of the curve verifies nothing.
    return false;
  }
}
