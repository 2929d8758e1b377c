import { dirname } from "node:path";
import { listFiles } from "./folder.ts";
import type { FolderParts } from "./folder-reader.ts";
import { textOf } from "./is-about-content.ts";
import { finishMerge } from "./merge-files.ts";
import { removeFile } from "./tidy-files.ts";

/**
 * Carries on what was not finished: merges with a journal go through, files without a name of their own go. Where a merge cannot be finished
 * now, all of its folder stays for the next round: what the journal speaks of may be the only copy.
 */
export async function carryOn({ root, duckdb, shelf }: FolderParts): Promise<void> {
  const { files } = await listFiles(root);
  const waiting = new Set<string>();
  let trouble = "";
  for (const { path, kind } of files)
    if (kind === "journal")
      try {
        await finishMerge(duckdb, path);
        await removeFile({ path });
      } catch (error) {
        waiting.add(dirname(path));
        trouble = `files cannot be joined as \`${path}\` says: ${textOf(error)}`;
      }
  for (const file of files)
    if (file.kind === "part" && !waiting.has(dirname(file.path)))
      await removeFile(file).catch((error: unknown) => {
        trouble = `\`${file.path}\` cannot be removed: ${textOf(error)}`;
      });
  shelf.trouble("unfinished", trouble);
}
