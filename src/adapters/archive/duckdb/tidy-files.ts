import { rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Retention } from "../../../ports/config.ts";
import { hourMs, type ArchiveFile } from "./folder.ts";

/** Files that retention no longer wants: those too old for their tier, then the oldest until the rest fits. Only our own. */
export function outlived(files: readonly ArchiveFile[], retention: Retention, nowMs: number): ArchiveFile[] {
  const own = files.filter((f) => f.own).toSorted((a, b) => a.hourMs - b.hourMs || byName(a, b));
  let bytes = own.reduce((n, f) => n + f.bytes, 0);
  return own.filter((file) => {
    const keptMs = file.tier === "whole" ? retention.wholeMs : retention.thinnedMs;
    if (file.hourMs + hourMs > nowMs - keptMs && bytes <= retention.bytesMax) return false;
    bytes -= file.bytes;
    return true;
  });
}

/** A journal goes last of its hour: while both are there, it keeps what was joined from being there twice. */
const byName = (a: ArchiveFile, b: ArchiveFile): number =>
  Number(a.kind === "journal") - Number(b.kind === "journal") || (a.path < b.path ? -1 : 1);

/** Removes a file, and the folders of its hour and day when nothing is left in them. */
export async function removeFile({ path }: Pick<ArchiveFile, "path">): Promise<void> {
  await rm(path, { force: true });
  for (const folder of [dirname(path), dirname(dirname(path))])
    if (
      !(await rmdir(folder).then(
        () => true,
        () => false,
      ))
    )
      return;
}
