import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { Json } from "../../../kernel/json.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";

/** Queries are written as SQL; Kysely carries parameters, transactions and the pool. */
export type Db = Kysely<Record<string, never>>;

const schema = "homeostat";

export function connect(url: string, poolMax: number, lost: (error: Error) => void): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolMax,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 15_000,
    options: `-c search_path=${schema}`,
  });
  // Without a listener an idle connection that breaks would end the process.
  pool.on("error", lost);
  return new Kysely<Record<string, never>>({ dialect: new PostgresDialect({ pool }) });
}

/** SQLSTATE classes that mean: try again later. Connection, resources (disk, memory, connections), operator intervention, lock and serialisation. */
const passing = /^(08|53|57|40|55)/;
const network = new Set(["ECONNREFUSED", "ECONNRESET", "ENOENT", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENOTFOUND"]);

/** Runs database work; what fails for now is an AdapterError `unavailable` that may be tried again. */
export async function ask<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AdapterError) throw error;
    const { code, message } = error as { code?: string; message?: string };
    const away =
      (code !== undefined && (passing.test(code) || network.has(code))) ||
      /timeout|terminated|connection/i.test(message ?? "");
    if (away)
      throw new AdapterError("unavailable", `the database is not available: ${message ?? code}`, {
        retryable: true,
        cause: error,
      });
    throw new AdapterError("database", `the database refused: ${message ?? code}`, { cause: error });
  }
}

/** Rows of a query; numbers that Postgres sends as text (bigint) are left to the caller. */
export async function rows<R>(db: Db, query: ReturnType<typeof sql>): Promise<R[]> {
  return ask(async () => (await (query as ReturnType<typeof sql<R>>).execute(db)).rows);
}

/** How many rows a statement changed. */
export const changed = (db: Db, query: ReturnType<typeof sql>): Promise<number> =>
  ask(async () => Number((await query.execute(db)).numAffectedRows ?? 0));

export const transaction = <T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> =>
  ask(() => db.transaction().execute(work));

/** JSON text that Postgres can keep: NUL characters, which it cannot, become U+FFFD. */
export const write = (value: unknown): string => JSON.stringify(value).replaceAll("\\u0000", "\\ufffd");
export const read = <T = Json>(text: string): T => JSON.parse(text) as T;

export { schema, sql };
