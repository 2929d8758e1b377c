import { Kysely, sql, type RawBuilder } from "kysely";
import { openDialect, type PoolOptions } from "./pool.ts";
import { codeOf, named } from "./unavailable.ts";

/** Queries are written as SQL; Kysely carries parameters and transactions. */
export type Db = Kysely<Record<string, never>>;

export const connect = (options: PoolOptions): Db =>
  new Kysely<Record<string, never>>({ dialect: openDialect(options) });

/** Runs database work; any failure is an AdapterError, `unavailable` and retryable when it may pass. */
export async function ask<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw named(error);
  }
}

/** Rows of a query; numbers that Postgres sends as text (bigint) are left to the caller. */
export const rows = <R>(db: Db, query: RawBuilder<unknown>): Promise<R[]> =>
  ask(async () => (await query.$castTo<R>().execute(db)).rows);

/** How many rows a statement changed. */
export const changed = (db: Db, query: RawBuilder<unknown>): Promise<number> =>
  ask(async () => Number((await query.execute(db)).numAffectedRows ?? 0));

const deadlocksMax = 3;

/** One transaction, its statements seeing what others committed meanwhile. A deadlock's victim starts over, so `work` must be repeatable. */
export const transaction = <T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> =>
  ask(async () => {
    for (let i = 1; ; i++) {
      try {
        return await db.transaction().setIsolationLevel("read committed").execute(work);
      } catch (error) {
        const deadlock = codeOf(error instanceof Error ? (error.cause ?? error) : error) === "40P01";
        if (!deadlock || i === deadlocksMax) throw error;
      }
    }
  });

/** A document as text. JSON escapes NUL, which Postgres could not keep, so nothing is lost. */
export const write = (value: unknown): string => JSON.stringify(value);
/** What `write` wrote; the caller names what it wrote there. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export const read = <T>(text: string): T => JSON.parse(text) as T;

export { sql };
