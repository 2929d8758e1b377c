import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { startEmbeddedPostgres } from "../src/adapters/database/embedded/embedded-postgres.ts";

export interface TestPostgres {
  /** An empty database; every call of `database` gives another. */
  readonly url: string;
  database(): Promise<string>;
  stop(): Promise<void>;
}

/** A real Postgres of its own for one test file, gone with all its data on `stop`. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), "homeostat-postgres-"));
  // The database user has to walk through it when the tests run as root.
  await chmod(folder, 0o711);
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: folder, log: () => undefined });
    return {
      url: postgres.url,
      database: () => another(postgres.url),
      stop: () => postgres.stop().finally(remove),
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function another(url: string): Promise<string> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
