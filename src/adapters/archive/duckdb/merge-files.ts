import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { hourMs, type ArchiveFile } from "./folder.ts";
import type { DuckDb } from "./duckdb.ts";
import { finish } from "./write-file.ts";

/** An hour is joined when it ended this long ago: nothing more comes for it then, but for stragglers. */
const settledMs = 20 * 60_000;
/** Hours joined in one round (I11). */
const groupsMax = 16;

/** What a merge is about to do: `into` takes the place of `from`, all in one folder. */
const journalForm = z.strictObject({ into: z.string(), from: z.array(z.string()) });

/** Groups of small files that are worth joining: of one table, hour and tier, oldest first. */
export const mergeable = (files: readonly ArchiveFile[], nowMs: number): ArchiveFile[][] =>
  [
    ...Map.groupBy(
      files.filter((f) => f.own && f.kind === "rows" && f.hourMs + hourMs + settledMs <= nowMs),
      (f) => `${dirname(f.path)} ${f.tier}`,
    ).values(),
  ]
    .filter((group) => group.length > 1)
    .toSorted((a, b) => (a[0]?.hourMs ?? 0) - (b[0]?.hourMs ?? 0))
    .slice(0, groupsMax);

/**
 * Joins files into one. The new file is finished under another name; then a journal says what it replaces; then they change places. A
 * process that dies in between leaves either the old files, or a journal that `finishMerge` carries through.
 */
export async function mergeFiles(duckdb: DuckDb, group: readonly ArchiveFile[], path: string): Promise<void> {
  const waiting = `${path}.new`;
  const journal = path.replace(/\.parquet$/, ".merge.json");
  const { LIST, VARCHAR, listValue } = duckdb.module;
  const paths = listValue(group.map((f) => f.path));
  await finish(
    duckdb,
    "SELECT * FROM read_parquet($2, hive_partitioning = false)",
    waiting,
    [paths],
    [VARCHAR, LIST(VARCHAR)],
  );
  const plan = { into: basename(path), from: group.map((f) => basename(f.path)) };
  await writeFile(`${journal}.part`, JSON.stringify(plan), { flush: true });
  await rename(`${journal}.part`, journal);
  await finishMerge(journal);
}

/** Carries a merge through, from wherever it stopped. */
export async function finishMerge(journal: string): Promise<void> {
  const { into, from } = journalForm.parse(JSON.parse(await readFile(journal, "utf8")));
  const folder = dirname(journal);
  await rename(join(folder, `${basename(into)}.new`), join(folder, basename(into))).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    },
  );
  for (const name of from) await rm(join(folder, basename(name)), { force: true });
  await rm(journal, { force: true });
}
