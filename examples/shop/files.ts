import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
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

export const writeJson = (path: string, value: unknown): void => writeText(path, `${JSON.stringify(value, null, 2)}\n`);

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

/** Hex sha256 of a file's bytes; `"absent"` when there is no such file. */
export const sha256OfFile = (path: string): string =>
  existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : "absent";
