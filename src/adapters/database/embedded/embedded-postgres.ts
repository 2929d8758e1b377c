import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdir, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { takeOwnership } from "./owner-lock.ts";
import { findPlace, type Place } from "./place.ts";

const run = promisify(execFile);

export interface EmbeddedPostgres {
  readonly url: string;
  /** Fast shutdown: open sessions are ended, data is flushed. Gives up the ownership of the data. */
  stop(): Promise<void>;
}

const database = "homeostat";
const readyWithinMs = 60_000;
const logBytesMax = 5_000_000;

/**
 * A real Postgres under a data directory, on loopback, with a random password kept beside the data (mode 0600). It
 * outlives a killed parent; the next start finds it by its pid file and goes on with it. One owner at a time.
 */
export async function startEmbeddedPostgres({
  dataDir,
  log,
}: {
  readonly dataDir: string;
  readonly log: (text: string) => void;
}): Promise<EmbeddedPostgres> {
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const release = await takeOwnership(dataDir);
  try {
    const place = await findPlace(dataDir);
    const password = await keptPassword(dataDir);
    const running = await reattach(place, password);
    const url = running ?? (await start(place, dataDir, password, log));
    if (running) log("went on with the Postgres that was still running");
    await createDatabase(url);
    return {
      url: withDatabase(url),
      async stop() {
        await shutDown(place);
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function keptPassword(dataDir: string): Promise<string> {
  const file = join(dataDir, "postgres.password");
  const kept = await readFile(file, "utf8").catch(() => "");
  if (/^[0-9a-f]{48}$/.test(kept)) return kept;
  const made = randomBytes(24).toString("hex");
  await writeFile(file, made, { mode: 0o600 });
  return made;
}

const urlOf = (port: number, password: string): string =>
  `postgresql://homeostat:${password}@127.0.0.1:${port}/postgres`;
const withDatabase = (url: string): string => url.replace(/\/postgres$/, `/${database}`);

/** The URL of a Postgres that still runs on this data, by its own pid file; undefined when none answers. */
async function reattach(place: Place, password: string): Promise<string | undefined> {
  const port = Number((await pidFile(place))?.[3]);
  if (!Number.isInteger(port)) return undefined;
  const url = urlOf(port, password);
  return (await answers(url)) ? url : undefined;
}

const pidFile = (place: Place): Promise<string[] | undefined> =>
  readFile(join(place.dataDir, "postmaster.pid"), "utf8").then(
    (text) => text.split("\n"),
    () => undefined,
  );

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function start(place: Place, dataDir: string, password: string, log: (text: string) => void): Promise<string> {
  const fresh = (await readFile(join(place.dataDir, "PG_VERSION"), "utf8").catch(() => "")) === "";
  if (fresh) await initialise(place, password, log);
  const port = await freePort();
  const logFile = join(dataDir, "postgres.log");
  await truncate(logFile, logBytesMax).catch(() => undefined);
  const output = await open(logFile, "a", 0o600);
  const flags = [
    "-D",
    place.dataDir,
    "-p",
    String(port),
    "-h",
    "127.0.0.1",
    "-c",
    "unix_socket_directories=",
    "-c",
    "max_connections=80",
    "-c",
    "shared_buffers=64MB",
  ];
  const child = spawn(join(place.binDir, "postgres"), flags, {
    ...place.owner,
    detached: true,
    stdio: ["ignore", output.fd, output.fd],
    cwd: "/",
  });
  const died = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) =>
      reject(new AdapterError("postgres-ended", `Postgres ended with code ${code} while starting: see \`${logFile}\``)),
    );
  });
  died.catch(() => undefined);
  child.unref();
  await output.close();
  const url = urlOf(port, password);
  const ready = async (): Promise<string> => {
    for (const until = Date.now() + readyWithinMs; Date.now() < until;) {
      if (await answers(url)) return url;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new AdapterError(
      "postgres-slow",
      `Postgres was not ready within ${readyWithinMs / 1000} s: see \`${logFile}\``,
    );
  };
  return Promise.race([ready(), died]);
}

async function initialise(place: Place, password: string, log: (text: string) => void): Promise<void> {
  log("making a new database");
  await rm(place.dataDir, { recursive: true, force: true });
  await mkdir(dirname(place.dataDir), { recursive: true, mode: 0o711 });
  await mkdir(place.dataDir, { mode: 0o700 });
  if (place.owner) await chown(place.dataDir, place.owner.uid, place.owner.gid);
  const secret = join(tmpdir(), `homeostat-${randomBytes(8).toString("hex")}`);
  await writeFile(secret, `${password}\n`, { mode: 0o600, flag: "wx" });
  if (place.owner) await chown(secret, place.owner.uid, place.owner.gid);
  try {
    const flags = [
      `--pgdata=${place.dataDir}`,
      "--auth=scram-sha-256",
      "--username=homeostat",
      `--pwfile=${secret}`,
      "--encoding=UTF8",
      "--locale=C",
      "--no-instructions",
    ];
    await run(join(place.binDir, "initdb"), flags, { ...place.owner, cwd: "/", maxBuffer: 4_000_000 });
  } catch (cause) {
    await rm(place.dataDir, { recursive: true, force: true });
    const text =
      (cause as { stderr?: string }).stderr?.trim().split("\n").at(-1) ??
      (cause instanceof Error ? cause.message : String(cause));
    throw new AdapterError("initdb", `a new database could not be made in \`${place.dataDir}\`: ${text}`, { cause });
  } finally {
    await rm(secret, { force: true });
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [database]);
    if (rowCount === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}

/** SIGINT is Postgres's fast shutdown. Its own pid file says who it is; a pid that is not a postgres is left alone. */
async function shutDown(place: Place): Promise<void> {
  const pid = Number((await pidFile(place))?.[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !(await isPostgres(pid))) return;
  process.kill(pid, "SIGINT");
  for (const until = Date.now() + readyWithinMs; Date.now() < until && (await isPostgres(pid));)
    await new Promise((done) => setTimeout(done, 50));
}

const isPostgres = async (pid: number): Promise<boolean> => {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  if (status !== "") return status.includes("(postgres)") && !/\) Z /.test(status);
  try {
    process.kill(pid, 0);
    return process.platform !== "linux";
  } catch {
    return false;
  }
};
