import { chmod, chown, lstat, mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { sha256Hex } from "../../../kernel/digest.ts";
import type { InstanceTarget } from "../../../loop/signal/service.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { syncDirectory } from "./files.ts";
import { codeOf, messageOf } from "./host.ts";

const asideOf = (scratch: string, key: string): string =>
  `${scratch.replace(/\/+$/, "")}.cleared-${sha256Hex(key).slice(0, 16)}`;

/** Whether this key moved the scratch directory aside already: what it was is then still there to be looked at. */
export async function isCleared(instance: InstanceTarget, key: string): Promise<boolean> {
  return instance.scratch !== undefined && (await exists(asideOf(instance.scratch, key)));
}

/** Moves a declared scratch directory aside, never deletes it, once per key; true when this call did it. */
export async function moveScratchAside(instance: InstanceTarget, key: string): Promise<boolean> {
  const { scratch } = instance;
  if (scratch === undefined || (await isCleared(instance, key))) return false;
  try {
    const old = await lstat(scratch);
    if (!old.isDirectory()) throw new Error("it is no directory");
    await rename(scratch, asideOf(scratch, key));
    await mkdir(scratch);
    await chmod(scratch, old.mode & 0o7777);
    await chown(scratch, old.uid, old.gid);
    await syncDirectory(dirname(scratch));
    return true;
  } catch (error) {
    throw new AdapterError("scratch-failed", `cannot move \`${scratch}\` aside: ${messageOf(error)}`, { cause: error });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw new AdapterError("unreadable", `cannot look at \`${path}\``, { cause: error });
  }
}
