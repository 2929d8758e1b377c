import { constants } from "node:fs";
import { open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { sha256Hex } from "../../../kernel/digest.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { messageOf } from "./host.ts";

/** Largest file an actuator reads or writes (I11). */
export const fileBytesMax = 1_048_576;

/** A whole regular file of bounded size. Throws AdapterError `unreadable`. */
export async function readBounded(path: string, bytesMax = fileBytesMax): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    // O_NONBLOCK: a pipe in the file's place must not hold us up.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const info = await file.stat();
    if (!info.isFile()) throw new Error("it is no regular file");
    if (info.size > bytesMax) throw new Error(`it has ${info.size} bytes, more than ${bytesMax}`);
    return await file.readFile();
  } catch (error) {
    throw new AdapterError("unreadable", `cannot read \`${path}\`: ${messageOf(error)}`, { cause: error });
  } finally {
    await file?.close();
  }
}

/**
 * Replaces a file's content at once: readers see the old or the new content, also after a crash. Mode and owner stay.
 * Throws AdapterError `write-failed`; the old content is then still there.
 */
export async function replaceFile(path: string, content: Uint8Array | string, key: string): Promise<void> {
  const next = `${path}.homeostat-${sha256Hex(key).slice(0, 12)}`;
  try {
    const old = await stat(path);
    const file = await open(next, "w", old.mode & 0o7777);
    try {
      await file.chmod(old.mode & 0o7777);
      const made = await file.stat();
      if (made.uid !== old.uid || made.gid !== old.gid) await file.chown(old.uid, old.gid);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(next, { force: true }).catch(() => undefined);
    throw new AdapterError("write-failed", `cannot write \`${path}\`: ${messageOf(error)}`, { cause: error });
  }
}

/** Makes a rename in a directory outlast a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
