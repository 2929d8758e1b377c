import type { DuckDBValue } from "@duckdb/node-api";
import type { ArchiveFile } from "./folder.ts";
import type { DuckDb } from "./duckdb.ts";

/** Files looked at in one query (I11); the newest, when there are more. */
export const filesMax = 5_000;

export interface FilesRead {
  readonly rows: readonly Record<string, DuckDBValue>[];
  /** Files that cannot be read. */
  readonly bad: readonly { readonly file: ArchiveFile; readonly why: string }[];
}

/** A query over files: `FILES` in its text stands for them, `$2` and on for its values. */
export interface FileQuery {
  readonly sql: string;
  readonly values: readonly DuckDBValue[];
}

/**
 * Runs a query over files as one table. When it fails, each file is tried alone, and it runs again over those that can be read: one that is
 * broken hides nothing of the others.
 */
export async function readFiles(duckdb: DuckDb, query: FileQuery, files: readonly ArchiveFile[]): Promise<FilesRead> {
  if (files.length === 0) return { rows: [], bad: [] };
  try {
    return { rows: await runOver(duckdb, query, files), bad: [] };
  } catch (error) {
    if (isShortOfMemory(error)) throw error;
    const bad: { file: ArchiveFile; why: string }[] = [];
    for (const file of files)
      await runOver(duckdb, query, [file]).catch((e: unknown) => {
        if (!isShortOfMemory(e)) bad.push({ file, why: textOf(e) });
      });
    if (bad.length === 0) throw error;
    const good = files.filter((file) => !bad.some((b) => b.file === file));
    return { rows: good.length === 0 ? [] : await runOver(duckdb, query, good), bad };
  }
}

function runOver(duckdb: DuckDb, { sql, values }: FileQuery, files: readonly ArchiveFile[]) {
  const { LIST, VARCHAR, listValue } = duckdb.module;
  const text = sql.replace("FILES", "read_parquet($1, hive_partitioning = false)");
  const paths = listValue(files.map((f) => f.path));
  return duckdb.rows(text, [paths, ...values], [LIST(VARCHAR)]);
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200);

/** Not the file's fault. */
const isShortOfMemory = (error: unknown): boolean => /out of memory/i.test(textOf(error));
