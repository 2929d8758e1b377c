import { Client } from "pg";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { role } from "./initialise.ts";
import type { Place } from "./place.ts";

const database = "homeostat";

/** The address of the embedded Postgres; of the database Homeostat works in, unless another is named. */
export const urlOf = (port: number, password: string, name = database): string =>
  `postgresql://${role}:${password}@127.0.0.1:${port}/${name}`;

const maintenance = (port: number, password: string): string => urlOf(port, password, "postgres");

/** Ours answers: with our password, on our data. Another password than ours never becomes right by waiting. */
export async function answers(place: Place, port: number, password: string): Promise<boolean> {
  const times = { connectionTimeoutMillis: 2_000, query_timeout: 5_000 };
  const client = new Client({ connectionString: maintenance(port, password), ...times });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>("show data_directory");
    return rows[0]?.data_directory === place.dataDir;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "28P01")
      throw new AdapterError(
        "wrong-password",
        `the password beside \`${place.dataDir}\` is not the database's: restore the file \`postgres.password\``,
        { cause: error },
      );
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Makes the database Homeostat works in, where it is not there yet. */
export async function createDatabase(port: number, password: string): Promise<void> {
  const times = { connectionTimeoutMillis: 5_000, query_timeout: 30_000 };
  const client = new Client({ connectionString: maintenance(port, password), ...times });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [database]);
    if (rowCount === 0) await client.query(`create database ${database}`);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new AdapterError("unavailable", `Postgres did not take its first commands: ${text}`, {
      retryable: true,
      cause,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}
