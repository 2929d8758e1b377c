import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

let written = 0;

/** A name beside `path` that nobody else uses: renaming from it replaces `path` in one step. */
const besides = (path: string): string => `${path}.${process.pid}-${(written += 1)}.tmp`;

/** Writes a whole file at once: a reader sees the old or the new content, never a part. */
export function writeText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = besides(path);
  writeFileSync(fresh, text);
  renameSync(fresh, path);
}

/** The text that `writeJson` writes. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export const writeJson = (path: string, value: unknown): void => writeText(path, jsonText(value));

export const readText = (path: string): string => readFileSync(path, "utf8");

/** `undefined` when reading throws: the file is absent, half-written or not JSON. */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export const appendLine = (path: string, value: unknown): void => appendFileSync(path, `${JSON.stringify(value)}\n`);

/** Points a symbolic link elsewhere in one step. */
export function switchLink(link: string, to: string): void {
  const fresh = besides(link);
  symlinkSync(to, fresh);
  renameSync(fresh, link);
}

export const sha256OfText = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Hex sha256 of a file's text; `"absent"` when it cannot be read. */
export const sha256OfFile = (path: string): string => ifReadable(() => sha256OfText(readText(path))) ?? "absent";
