import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { createDatabase, urlOf } from "./ask-postgres.ts";
import { bringUp, bringUpAgain } from "./bring-up.ts";
import { initialise } from "./initialise.ts";
import { keepBounded } from "./log-file.ts";
import { takeOwnership } from "./owner-lock.ts";
import { findPlace, type Place } from "./place.ts";
import { findPostmaster, stopPostmaster } from "./postmaster.ts";
import { watchPostmaster } from "./watch-postmaster.ts";

export interface EmbeddedPostgres {
  /** Of the database `homeostat`, with the password. */
  readonly url: string;
  /** Where Postgres really keeps its data: as root that may be outside the given directory. */
  readonly dataDir: string;
  /** How often it ended by itself and was started again. */
  restarts(): number;
  /** Why it does not run now, while it is being started again; undefined when it runs. */
  trouble(): string | undefined;
  /** Fast shutdown: open sessions are ended, data is flushed. Gives up the ownership of the data. Calling it again is harmless. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly log: (text: string) => void;
}

/**
 * A real Postgres under a data directory, on loopback only, with a random password kept beside the data (mode 0600). It
 * outlives a killed parent: the next start goes on with the one that still runs. When it ends by itself it is started again,
 * at the same address. One owner at a time: another one is refused (`owned`). Its log is `postgres.log` in the directory, bounded. AdapterError says what a person can do about it.
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
  const mine = { place, password, logPath: join(folder, "postgres.log") };
  const port = await bringUp(mine, log);
  await createDatabase(port, password);
  const unbind = keepBounded(mine.logPath);
  const watch = watchPostmaster({
    runs: async () => (await findPostmaster(place))?.port === port,
    start: (signal) => bringUpAgain(mine, port, signal),
    log,
  });
  const stop = async (): Promise<void> => {
    unbind();
    await watch.stop();
    await stopPostmaster(place).finally(release);
  };
  let stopping: Promise<void> | undefined;
  return {
    url: urlOf(port, password),
    dataDir: place.dataDir,
    restarts: watch.restarts,
    trouble: watch.trouble,
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
