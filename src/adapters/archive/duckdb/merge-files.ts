import { rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { canBeRead } from "./can-be-read.ts";
import type { DuckDb } from "./duckdb.ts";
import { exists, syncFolder } from "./durable.ts";
import { hourMs, type ArchiveFile } from "./folder.ts";
import { journalOf, pathOf, readJournal } from "./merge-journal.ts";
import { finish } from "./write-file.ts";

/** An hour is joined when it ended this long ago: nothing more comes for it then, but for stragglers. */
const settledMs = 20 * 60_000;
/** Hours joined in one round (I11). */
const groupsMax = 16;

/**
 * Groups of small files that are worth joining: of one table, hour and tier, oldest first. While a merge waits in a folder to be carried
 * through, some rows may be there twice, and joining would keep them so.
 */
export function mergeable(files: readonly ArchiveFile[], nowMs: number): ArchiveFile[][] {
  const busy = new Set(files.filter((f) => f.kind === "journal").map((f) => dirname(f.path)));
  const settled = files.filter(
    (f) => f.own && f.kind === "rows" && f.hourMs + hourMs + settledMs <= nowMs && !busy.has(dirname(f.path)),
  );
  return [...Map.groupBy(settled, (f) => `${dirname(f.path)} ${f.tier}`).values()]
    .filter((group) => group.length > 1)
    .toSorted((a, b) => (a[0]?.hourMs ?? 0) - (b[0]?.hourMs ?? 0))
    .slice(0, groupsMax);
}

/**
 * Joins files into one. The new file is finished under another name; then a journal says what it replaces; then they change places. A
 * process that dies in between leaves either the old files, or a journal that `finishMerge` carries through. When it rejects, all is as
 * before, or the journal is still there.
 */
export async function mergeFiles(duckdb: DuckDb, group: readonly ArchiveFile[], path: string): Promise<void> {
  const journal = journalOf(path);
  const { LIST, VARCHAR, listValue } = duckdb.module;
  const paths = listValue(group.map((f) => f.path));
  const select = "SELECT * FROM read_parquet($2, hive_partitioning = false)";
  try {
    await finish(duckdb, select, `${path}.new`, [paths], [VARCHAR, LIST(VARCHAR)]);
    const plan = { into: basename(path), from: group.map((f) => basename(f.path)) };
    await writeFile(`${journal}.part`, JSON.stringify(plan), { flush: true });
    await rename(`${journal}.part`, journal);
    await syncFolder(dirname(path));
    await finishMerge(duckdb, journal);
  } catch (error) {
    // What cannot be taken back now is carried through or swept by the next round.
    if (await exists(`${path}.new`).catch(() => false)) await takeBack(path).catch(() => undefined);
    throw error;
  }
}

/**
 * Carries a merge through, from wherever it stopped. Old files go only when the new one is in its place and every page of it can be read. When
 * it is broken or gone, the old ones stay, and the merge is given up. Rejects with all as it was when the system stands in the way.
 */
export async function finishMerge(duckdb: DuckDb, journal: string): Promise<void> {
  const plan = await readJournal(journal);
  const folder = dirname(journal);
  const path = plan ? join(folder, basename(plan.into)) : pathOf(journal);
  if (await exists(`${path}.new`)) {
    // The old files are all there still.
    if (!plan || !(await canBeRead(duckdb, `${path}.new`))) return takeBack(path, journal);
    await rename(`${path}.new`, path);
    await syncFolder(folder);
  }
  if (plan && (await exists(path)) && (await canBeRead(duckdb, path))) {
    const old = plan.from.map((name) => basename(name)).filter((name) => name !== basename(path));
    for (const name of old) await rm(join(folder, name), { force: true });
    await syncFolder(folder);
  }
  await rm(journal, { force: true });
}

/** Gives a merge up before anything changed places: the journal goes first, or the next start would take the old files for replaced. */
async function takeBack(path: string, journal = journalOf(path)): Promise<void> {
  await rm(`${journal}.part`, { force: true });
  await rm(journal, { force: true });
  await syncFolder(dirname(path));
  await rm(`${path}.new`, { force: true });
}
