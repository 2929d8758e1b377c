import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { ArchiveTable } from "../../../loop/keeping/row.ts";
import { columnsOf, type Column, type RowOf } from "./columns.ts";
import { makeFolder, syncFile, syncFolder } from "./durable.ts";
import type { DuckDb } from "./duckdb.ts";

/** Rows put into DuckDB at once; between them everything else has its turn. */
const chunkRows = 512;

/** Writes rows into a Parquet file of its own; the file is there whole or not at all. Returns its bytes. */
export async function writeFile<T extends ArchiveTable>(
  duckdb: DuckDb,
  table: T,
  rows: readonly RowOf[T][],
  path: string,
): Promise<number> {
  const columns = columnsOf[table];
  const ddl = columns.map((c) => `"${c.name}" ${c.type}`).join(", ");
  await duckdb.connection.run(`CREATE OR REPLACE TEMP TABLE batch (${ddl})`);
  try {
    await fill(duckdb, columns, rows);
    return await finish(duckdb, "SELECT * FROM batch ORDER BY service, time", path);
  } finally {
    await duckdb.connection.run("DROP TABLE IF EXISTS batch");
  }
}

async function fill<R>(duckdb: DuckDb, columns: readonly Column<R>[], rows: readonly R[]): Promise<void> {
  const appender = await duckdb.connection.createAppender("batch");
  try {
    const types = columns.map((_, i) => appender.columnType(i));
    for (let i = 0; i < rows.length; i += chunkRows) {
      const part = rows.slice(i, i + chunkRows);
      const chunk = duckdb.module.DuckDBDataChunk.create(types);
      chunk.setColumns(columns.map((c) => part.map((row) => c.value(row, duckdb.module))));
      appender.appendDataChunk(chunk);
      await new Promise(setImmediate);
    }
  } finally {
    appender.closeSync();
  }
}

/**
 * Writes what a query gives under a temporary name, makes it durable, and only then gives it its name. When it rejects, no file has that
 * name: what is written again is not there twice. Returns its bytes.
 */
export async function finish(
  duckdb: DuckDb,
  select: string,
  path: string,
  values: readonly DuckDBValue[] = [],
  types: DuckDBType[] = [],
): Promise<number> {
  const part = `${path}.part`;
  await makeFolder(dirname(path));
  try {
    // By bytes, not only by rows: long log lines would not fit into DuckDB's memory otherwise.
    const options = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE_BYTES '16MB', USE_TMP_FILE false";
    const copy = `COPY (${select}) TO $1 (${options})`;
    await duckdb.connection.run(copy, [part, ...values], types);
    const bytes = await syncFile(part);
    await rename(part, path);
    await syncName(path);
    return bytes;
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Makes a new name durable, or takes it away again. One that can be neither is there, and counts as such. */
async function syncName(path: string): Promise<void> {
  const error = await syncFolder(dirname(path)).then(
    () => undefined,
    (cause: Error) => cause,
  );
  if (error === undefined) return;
  const gone = await rm(path).then(
    () => true,
    () => false,
  );
  if (gone) throw error;
}
