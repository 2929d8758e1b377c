import { createPrivateKey, generateKeyPairSync, randomUUID } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { link, mkdir, open, readFile, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { AdapterError } from "../../../ports/adapter-error.ts";

/**
 * The private key in a PKCS #8 PEM file that only its owner may read; made on first use. Of processes that start at the
 * same time one makes the key and all use it: the file appears whole or not at all, and never twice.
 */
export async function loadOrCreateKey(path: string): Promise<KeyObject> {
  return (await readKey(path)) ?? (await createKey(path));
}

async function readKey(path: string): Promise<KeyObject | undefined> {
  let pem: string;
  try {
    await refuseOpenFile(path);
    pem = await readFile(path, "utf8");
  } catch (cause) {
    if (isCode(cause, "ENOENT")) return undefined;
    if (cause instanceof AdapterError) throw cause;
    throw failure("unreadable-key", `cannot read the signing key \`${path}\`, check its owner and mode`, cause);
  }
  return parseKey(path, pem);
}

/** A key that others may read proves nothing (I7). */
async function refuseOpenFile(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return;
  throw failure("open-key", `others may read the signing key \`${path}\`, make a new one or set its mode to 0600`);
}

function parseKey(path: string, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (cause) {
    throw failure("invalid-key", `\`${path}\` holds no PKCS #8 private key, restore it from a copy`, cause);
  }
  throw failure("invalid-key", `the signing key \`${path}\` is not an Ed25519 key, restore it from a copy`);
}

/** Written whole and flushed under a name of its own, then linked: the link fails where a key already is. */
async function createKey(path: string): Promise<KeyObject> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync("ed25519");
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeDurably(draft, privateKey.export({ type: "pkcs8", format: "pem" }));
    await link(draft, path);
    return privateKey;
  } catch (cause) {
    const winner = isCode(cause, "EEXIST") ? await readKey(path) : undefined;
    if (winner) return winner;
    throw failure(
      "unwritable-key",
      `cannot create the signing key \`${path}\`, check that its folder can be written to`,
      cause,
    );
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

async function writeDurably(path: string, text: string | Buffer): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

const failure = (code: string, message: string, cause?: unknown): AdapterError =>
  new AdapterError(code, message, { cause });
const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
