import type * as Module from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api";

/** DuckDB's module; loaded when it is first needed, since it is large and native. */
export type DuckDbModule = typeof Module;

export interface DuckDb {
  readonly module: DuckDbModule;
  readonly connection: DuckDBConnection;
  /** Rows as objects by column name. Values are bound, never part of the text (I9). */
  rows(sql: string, values?: DuckDBValue[], types?: DuckDBType[]): Promise<Record<string, DuckDBValue>[]>;
  close(): void;
}

const memoryMax = "256MB";

/**
 * DuckDB in memory, without a database file and so without a lock. It runs on one thread, in bounded memory (I11), can open files under
 * `directory` and nowhere else, loads no extension, and lets no statement change that.
 */
export async function openDuckDb(directory: string): Promise<DuckDb> {
  const module = await import("@duckdb/node-api");
  const instance = await module.DuckDBInstance.create(":memory:", {
    threads: "1",
    memory_limit: memoryMax,
    preserve_insertion_order: "false",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run(`SET allowed_directories = [${quoted(directory)}]`);
  await connection.run(`SET temp_directory = ''`);
  await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
  return {
    module,
    connection,
    async rows(sql, values, types) {
      return (await connection.runAndReadAll(sql, values, types)).getRowObjects();
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text of the operator's own as SQL writes it, where no value can be bound. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
