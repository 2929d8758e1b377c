import type { KeptTier } from "../../../loop/keeping/row.ts";
import type { Retention } from "../../../ports/config.ts";
import { carryOn } from "./carry-on.ts";
import type { FolderParts } from "./folder-reader.ts";
import { listFiles, type ArchiveFile } from "./folder.ts";
import { textOf } from "./is-about-content.ts";
import { joinFiles } from "./join-files.ts";
import { outlived, removeFile } from "./tidy-files.ts";

export interface TidyParts extends FolderParts {
  /** A file name that was never used before. */
  readonly name: (tier: KeptTier) => string;
  /** What stays free beside all that is written. */
  readonly leaveBytes: number;
}

/** A look at everything: what is too old or too much goes, small files are joined, and what is there is counted. */
export async function tidyFolder(parts: TidyParts, retention: Retention, nowMs: number): Promise<void> {
  parts.shelf.trouble("broken", "");
  await carryOn(parts);
  const { files, unreadable } = await listFiles(parts.root);
  const gone = await removeOld(parts, files, retention, nowMs);
  await joinFiles(
    parts,
    files.filter((f) => !gone.has(f)),
    nowMs,
  );
  parts.shelf.counted((await listFiles(parts.root)).files, gone.size, unreadable);
}

/** One that cannot be removed is named, and keeps neither the others nor the rest of the round back. */
async function removeOld({ shelf }: TidyParts, files: readonly ArchiveFile[], retention: Retention, nowMs: number) {
  const gone = new Set<ArchiveFile>();
  let trouble = "";
  for (const file of outlived(files, retention, nowMs))
    await removeFile(file).then(
      () => gone.add(file),
      (error: unknown) => (trouble = `\`${file.path}\` cannot be removed: ${textOf(error)}`),
    );
  shelf.trouble("removing", trouble);
  return gone;
}
