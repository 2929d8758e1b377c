import { AdapterError } from "../../../ports/adapter-error.ts";
import { rows, sql, transaction, type Db } from "./database.ts";
import { first } from "./migrations/0001-first.ts";
import { learned } from "./migrations/0002-learned.ts";
import { schema } from "./pool.ts";

/** In order, for ever: a migration that was released is never edited, only followed by another. */
const migrations: readonly string[] = [first, learned];
const lock = 7_215_080;
const oldest = 14;

/**
 * Brings the schema up to this version, in one transaction: forward only, one controller at a time. Refuses a Postgres
 * older than 14 (`old-postgres`) and a schema that a newer Homeostat wrote (`newer-schema`).
 */
export async function migrate(db: Db): Promise<void> {
  await refuseOldServer(db);
  await transaction(db, async (tx) => {
    // Another controller may be migrating a large table: to wait for it is right.
    await sql`set local statement_timeout = '10min'`.execute(tx);
    await sql`select pg_advisory_xact_lock(${lock})`.execute(tx);
    await sql`create schema if not exists ${sql.ref(schema)}`.execute(tx);
    await sql`create table if not exists schema_version (version integer not null)`.execute(tx);
    const [row] = await rows<{ version: number }>(tx, sql`select version from schema_version`);
    const from = row?.version ?? 0;
    if (from > migrations.length)
      throw new AdapterError(
        "newer-schema",
        `the database has schema version ${from}, this Homeostat knows ${migrations.length}: use the newer Homeostat that wrote it`,
      );
    if (from === migrations.length) return;
    for (const text of migrations.slice(from)) await sql.raw(text).execute(tx);
    await sql`delete from schema_version`.execute(tx);
    await sql`insert into schema_version values (${migrations.length})`.execute(tx);
  });
}

async function refuseOldServer(db: Db): Promise<void> {
  const [row] = await rows<{ server_version_num: string }>(db, sql`show server_version_num`);
  const major = Math.floor(Number(row?.server_version_num) / 10_000);
  if (!(major >= oldest))
    throw new AdapterError("old-postgres", `the database is Postgres ${major}: use Postgres ${oldest} or newer`);
}
