import { AdapterError } from "../../../ports/adapter-error.ts";
import { ask, schema, sql, type Db } from "./database.ts";
import { first } from "./migrations/0001-first.ts";

/** In order, for ever: a migration that was released is never edited, only followed by another. */
const migrations: readonly string[] = [first];
const lock = 7_215_080;

/** Brings the schema up to this version; forward only, one controller at a time. A newer schema is refused. */
export async function migrate(db: Db): Promise<void> {
  await ask(() =>
    db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${lock})`.execute(tx);
      await sql`create schema if not exists ${sql.ref(schema)}`.execute(tx);
      await sql`set local search_path to ${sql.ref(schema)}`.execute(tx);
      await sql`create table if not exists schema_version (version integer not null)`.execute(tx);
      const [row] = (await sql<{ version: number }>`select version from schema_version`.execute(tx)).rows;
      const from = row?.version ?? 0;
      if (from > migrations.length)
        throw new AdapterError(
          "newer-schema",
          `the database has schema version ${from}, this Homeostat knows ${migrations.length}: use the newer Homeostat that wrote it`,
        );
      for (const text of migrations.slice(from)) await sql.raw(text).execute(tx);
      await sql`delete from schema_version`.execute(tx);
      await sql`insert into schema_version values (${migrations.length})`.execute(tx);
    }),
  );
}
