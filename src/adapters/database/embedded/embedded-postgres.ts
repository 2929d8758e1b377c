import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Client } from "pg";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { initialise, role } from "./initialise.ts";
import { launchUntilReady } from "./launch.ts";
import { keepBounded } from "./log-file.ts";
import { takeOwnership } from "./owner-lock.ts";
import { findPlace, type Place } from "./place.ts";
import { findPostmaster, stopPostmaster } from "./postmaster.ts";

export interface EmbeddedPostgres {
  /** Of the database `homeostat`, with the password. */
  readonly url: string;
  /** Where Postgres really keeps its data: as root that may be outside the given directory. */
  readonly dataDir: string;
  /** Fast shutdown: open sessions are ended, data is flushed. Gives up the ownership of the data. Calling it again is harmless. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly log: (text: string) => void;
}

const database = "homeostat";
const readyWithinMs = 60_000;
const lookEveryMs = 50;

/**
 * A real Postgres under a data directory, on loopback only, with a random password kept beside the data (mode 0600). It
 * outlives a killed parent: the next start goes on with the one that still runs. One owner at a time: another one is refused
 * (`owned`). Its log is `postgres.log` in the directory, bounded. AdapterError says what a person can do about it.
 */
export async function startEmbeddedPostgres({ dataDir, log }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(dataDir);
  await makeFolder(folder);
  const release = await takeOwnership(folder);
  try {
    return await own(folder, log, release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function own(
  folder: string,
  log: (text: string) => void,
  release: () => Promise<void>,
): Promise<EmbeddedPostgres> {
  const place = await findPlace(folder);
  const password = await keptPassword(folder, place);
  if (place.fresh) {
    log("making a new database");
    await initialise(place, password);
  }
  const logPath = join(folder, "postgres.log");
  const url = (await reattach(place, password, log)) ?? (await start(place, password, logPath));
  await createDatabase(url);
  const unbind = keepBounded(logPath);
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    unbind();
    return stopPostmaster(place).finally(release);
  };
  return {
    url: urlOf(new URL(url).port, password, database),
    dataDir: place.dataDir,
    stop: () => (stopping ??= stop()),
  };
}

/** Made by us, it can be walked through by the database user, and not listed. What is there already keeps its mode. */
async function makeFolder(folder: string): Promise<void> {
  try {
    if (await mkdir(folder, { recursive: true })) await chmod(folder, 0o711);
  } catch (cause) {
    throw new AdapterError("unwritable", `\`${folder}\` cannot be made: give another directory by --data`, { cause });
  }
}

async function keptPassword(folder: string, place: Place): Promise<string> {
  const file = join(folder, "postgres.password");
  const kept = (await readFile(file, "utf8").catch(() => "")).trim();
  if (/^[0-9a-f]{48}$/.test(kept)) return kept;
  if (!place.fresh)
    throw new AdapterError(
      "no-password",
      `\`${file}\` is not readable or damaged, but the database is there: restore that file`,
    );
  const made = randomBytes(24).toString("hex");
  await writeFile(`${file}.new`, `${made}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return made;
}

const urlOf = (port: number | string, password: string, name = "postgres"): string =>
  `postgresql://${role}:${password}@127.0.0.1:${port}/${name}`;

/** Goes on with a Postgres that still runs on this data. One that is just ending is waited for, and then there is none. */
async function reattach(place: Place, password: string, log: (text: string) => void): Promise<string | undefined> {
  for (let waitedMs = 0; waitedMs < readyWithinMs; waitedMs += lookEveryMs) {
    const running = await findPostmaster(place);
    if (!running) return undefined;
    const url = urlOf(running.port, password);
    if (running.ready && (await answers(url, place))) {
      log(`went on with the Postgres that was still running, process ${running.pid}`);
      return url;
    }
    await new Promise((done) => setTimeout(done, lookEveryMs));
  }
  throw new AdapterError(
    "postgres-slow",
    `a Postgres works on \`${place.dataDir}\` and does not answer: end it, then start again`,
  );
}

async function start(place: Place, password: string, logPath: string): Promise<string> {
  try {
    const port = await launchUntilReady(place, logPath, async (tried) => {
      for (let waitedMs = 0; waitedMs < readyWithinMs; waitedMs += lookEveryMs) {
        if ((await findPostmaster(place))?.ready && (await answers(urlOf(tried, password), place))) return true;
        await new Promise((done) => setTimeout(done, lookEveryMs));
      }
      return false;
    });
    return urlOf(port, password);
  } catch (error) {
    await stopPostmaster(place);
    throw error;
  }
}

/** Ours answers: with our password, on our data. Another password than ours never becomes right by waiting. */
async function answers(url: string, place: Place): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000, query_timeout: 5_000 });
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

async function createDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 30_000 });
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
