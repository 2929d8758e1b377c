import type { DuckDBValue } from "@duckdb/node-api";
import { canBeRead } from "./can-be-read.ts";
import type { DuckDb } from "./duckdb.ts";
import type { ArchiveFile } from "./folder.ts";
import { isAboutContent, isShortOfMemory, textOf } from "./is-about-content.ts";

/** Files looked at in one query (I11); the newest, when there are more. */
export const filesMax = 5_000;

export interface FailedFile {
  readonly file: ArchiveFile;
  readonly why: string;
}

export interface FilesRead {
  readonly rows: readonly Record<string, DuckDBValue>[];
  /** Files whose content is broken or of something else. */
  readonly bad: readonly FailedFile[];
  /** Files that cannot be read now, with nothing known against their content. */
  readonly unread: readonly FailedFile[];
}

/** A query over files: `FILES` in its text stands for them, `$2` and on for its values. */
export interface FileQuery {
  readonly sql: string;
  readonly values: readonly DuckDBValue[];
}

/**
 * Runs a query over files as one table. When it fails, each file is tried alone, and it runs again over those that can be read: one that is
 * broken hides nothing of the others. Rejects when none can be read because the system is in the way.
 */
export async function readFiles(duckdb: DuckDb, query: FileQuery, files: readonly ArchiveFile[]): Promise<FilesRead> {
  if (files.length === 0) return { rows: [], bad: [], unread: [] };
  try {
    return { rows: await runOver(duckdb, query, files), bad: [], unread: [] };
  } catch (error) {
    if (isShortOfMemory(error)) throw error;
    const { good, bad, unread } = await tryEach(duckdb, query, files);
    if (good.length === files.length || (good.length === 0 && unread.length > 0)) throw error;
    return { rows: good.length === 0 ? [] : await runOver(duckdb, query, good), bad, unread };
  }
}

async function tryEach(duckdb: DuckDb, query: FileQuery, files: readonly ArchiveFile[]) {
  const found = { good: [] as ArchiveFile[], bad: [] as FailedFile[], unread: [] as FailedFile[] };
  for (const file of files)
    try {
      await runOver(duckdb, query, [file]);
      found.good.push(file);
    } catch (error) {
      if (isShortOfMemory(error)) found.good.push(file);
      else found[(await isBroken(duckdb, file, error)) ? "bad" : "unread"].push({ file, why: textOf(error) });
    }
  return found;
}

/** Columns that are missing are told by the query; anything else might be the query's own fault, so the file is read without it. */
async function isBroken(duckdb: DuckDb, file: ArchiveFile, error: unknown): Promise<boolean> {
  if (!isAboutContent(error)) return false;
  if (textOf(error).startsWith("Binder Error")) return true;
  return canBeRead(duckdb, file.path).then(
    (can) => !can,
    () => false,
  );
}

function runOver(duckdb: DuckDb, { sql, values }: FileQuery, files: readonly ArchiveFile[]) {
  const { LIST, VARCHAR, listValue } = duckdb.module;
  const text = sql.replace("FILES", "read_parquet($1, hive_partitioning = false)");
  const paths = listValue(files.map((f) => f.path));
  return duckdb.rows(text, [paths, ...values], [LIST(VARCHAR)]);
}
