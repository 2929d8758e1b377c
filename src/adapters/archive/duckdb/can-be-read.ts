import type { DuckDb } from "./duckdb.ts";
import { isAboutContent } from "./is-about-content.ts";

/** Looks at every page of a file, and takes nothing of it into this process but one row. Rejects when it cannot be read, or not now. */
export async function readThrough(duckdb: DuckDb, path: string): Promise<void> {
  const { LIST, VARCHAR, listValue } = duckdb.module;
  // A row's hash takes every column of it: a sum over some, or a mere count, would leave pages unread.
  const sql = "SELECT count(*) AS n, bit_xor(hash(r)) AS h FROM read_parquet($1, hive_partitioning = false) r";
  await duckdb.rows(sql, [listValue([path])], [LIST(VARCHAR)]);
}

/** False when the content of a file is broken. Rejects when the system does not let it be read, which says nothing of its content. */
export async function canBeRead(duckdb: DuckDb, path: string): Promise<boolean> {
  try {
    await readThrough(duckdb, path);
    return true;
  } catch (error) {
    if (isAboutContent(error)) return false;
    throw error;
  }
}
