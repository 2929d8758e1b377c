import { join } from "node:path";
import { readThrough } from "./can-be-read.ts";
import { putAside } from "./folder-reader.ts";
import { hourFolder, type ArchiveFile } from "./folder.ts";
import { isAboutContent, textOf } from "./is-about-content.ts";
import { mergeable, mergeFiles } from "./merge-files.ts";
import { needRoom } from "./need-room.ts";
import type { FailedFile } from "./read-files.ts";
import type { TidyParts } from "./tidy-parts.ts";

/** Joins the small files of hours that ended. A group that cannot be joined stays as it is, and the status says why. */
export async function joinFiles(parts: TidyParts, files: readonly ArchiveFile[], nowMs: number): Promise<void> {
  let trouble = "";
  for (const group of mergeable(files, nowMs))
    await joinGroup(parts, group).catch((error: unknown) => {
      trouble = `small files cannot be joined: ${textOf(error)}`;
    });
  parts.shelf.trouble("joining", trouble);
}

/** Of files that cannot be joined the broken ones are set aside; the others are joined next time. */
async function joinGroup(parts: TidyParts, group: readonly ArchiveFile[]): Promise<void> {
  const { root, duckdb, shelf, leaveBytes, name } = parts;
  const [first] = group;
  if (!first) return;
  // While it is written, the old ones are there too.
  const bytes = group.reduce((n, f) => n + f.bytes, 0);
  await needRoom(root, leaveBytes, bytes);
  try {
    await mergeFiles(duckdb, group, join(hourFolder(root, first.table, first.hourMs), name(first.tier)));
  } catch (error) {
    if (!isAboutContent(error)) throw error;
    const bad = await brokenOf(parts, group);
    if (bad.length === 0) throw error;
    await putAside(bad, shelf);
  }
}

/** Looks through each by itself. None of their rows comes into this process: a joined hour would hold everything else up. */
async function brokenOf({ duckdb }: TidyParts, group: readonly ArchiveFile[]): Promise<FailedFile[]> {
  const bad: FailedFile[] = [];
  for (const file of group)
    await readThrough(duckdb, file.path).catch((error: unknown) => {
      if (isAboutContent(error)) bad.push({ file, why: textOf(error) });
    });
  return bad;
}
