import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { KeptTier } from "../../../loop/keeping/row.ts";
import type { Retention } from "../../../ports/config.ts";
import { putAside, type FolderParts } from "./folder-reader.ts";
import { hourFolder, listFiles, type ArchiveFile } from "./folder.ts";
import { finishMerge, mergeable, mergeFiles } from "./merge-files.ts";
import { readFiles } from "./read-files.ts";
import type { Shelf } from "./shelf.ts";
import { outlived, removeFile } from "./tidy-files.ts";

/** A look at everything: what is too old or too much goes, small files are joined, and what is there is counted. */
export async function tidyFolder(
  parts: FolderParts,
  name: (tier: KeptTier) => string,
  retention: Retention,
  nowMs: number,
): Promise<void> {
  const { files, unreadable } = await listFiles(parts.root);
  const old = new Set(outlived(files, retention, nowMs));
  for (const file of old) await removeFile(file);
  const kept = files.filter((f) => !old.has(f));
  for (const group of mergeable(kept, nowMs)) await mergeGroup(parts, name, group);
  parts.shelf.counted((await listFiles(parts.root)).files, old.size, unreadable);
}

/** Files that cannot be joined are looked at one by one; the others are joined next time. */
async function mergeGroup(
  { root, duckdb, shelf }: FolderParts,
  name: (tier: KeptTier) => string,
  group: readonly ArchiveFile[],
): Promise<void> {
  const [first] = group;
  if (!first) return;
  const path = join(hourFolder(root, first.table, first.hourMs), name(first.tier));
  await mergeFiles(duckdb, group, path).catch(async () => {
    await rm(`${path}.new`, { force: true });
    for (const file of group)
      await putAside(await readFiles(duckdb, { sql: "SELECT * FROM FILES", values: [] }, [file]), shelf);
  });
}

/** Carries on what an earlier life did not finish: merges with a journal go through, files without a name of their own go. */
export async function recoverFolder(root: string, shelf: Shelf): Promise<void> {
  const { files, unreadable } = await listFiles(root);
  for (const { path, kind } of files)
    if (kind === "journal")
      await finishMerge(path).catch((error: Error) => shelf.trouble("reading", `\`${path}\`: ${error.message}`));
  for (const { path, kind } of files) if (kind === "part") await rm(path, { force: true });
  shelf.counted((await listFiles(root)).files, 0, unreadable);
}
