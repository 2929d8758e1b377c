import { mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex, type Digest } from "../../../kernel/digest.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { readBounded, syncDirectory } from "./files.ts";
import { messageOf } from "./host.ts";

/** Versions kept per config file; the one seen longest ago goes first (I11). */
const versionsMax = 50;

export const contentDigest = (content: Uint8Array): Digest => `sha256:${sha256Hex(content)}`;

/**
 * Keeps what config files looked like, by content, readable by Homeostat's user alone: config may hold secrets (I10).
 * Seeing a version again makes it young again, so what runs now is never the one that goes.
 */
export async function remember(root: string, file: string, content: Uint8Array, nowMs: number): Promise<Digest> {
  const digest = contentDigest(content);
  const folder = folderOf(root, file);
  const path = join(folder, hexOf(digest));
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (await stat(path).then(Boolean, () => false)) await utimes(path, nowMs / 1_000, nowMs / 1_000);
    else await keep(folder, path, content, nowMs);
    return digest;
  } catch (error) {
    throw new AdapterError("history-failed", `cannot keep a version of \`${file}\`: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A version by its digest, checked: a history that was tampered with or cut short restores nothing (I7). */
export async function recall(root: string, file: string, digest: string): Promise<Buffer> {
  const content = await readBounded(join(folderOf(root, file), hexOf(digest))).catch(() => undefined);
  if (!content || contentDigest(content) !== digest)
    throw new AdapterError("unknown-version", `no kept version of \`${file}\` has digest ${digest}`);
  return content;
}

async function keep(folder: string, path: string, content: Uint8Array, nowMs: number): Promise<void> {
  const next = `${path}.new`;
  const file = await open(next, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.utimes(nowMs / 1_000, nowMs / 1_000);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  await syncDirectory(folder);
  await prune(folder);
}

async function prune(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= versionsMax) return;
  const aged = await Promise.all(names.map(async (name) => ({ name, atMs: (await stat(join(folder, name))).mtimeMs })));
  const old = aged.toSorted((a, b) => b.atMs - a.atMs).slice(versionsMax);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })));
}

const folderOf = (root: string, file: string): string => join(root, sha256Hex(file).slice(0, 32));

function hexOf(digest: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (!hex) throw new AdapterError("invalid-parameters", `\`${digest}\` is no digest; write sha256:<64 hex digits>`);
  return hex;
}
