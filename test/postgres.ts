import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import { findPlace, type Place } from "../src/adapters/database/embedded/place.ts";

const run = promisify(execFile);

const readyWithinMs = 60_000;
const startsMax = 3;

/** A Postgres for one test file: real, on loopback, forgetful. */
export interface TestPostgres {
  /** The maintenance database, as its superuser. */
  readonly url: string;
  /** The URL of a new empty database of its own. */
  newDatabase(): Promise<string>;
  /** Ends the server with every connection, and starts it again at the same address after a time. */
  away(ms: number): Promise<void>;
  /** Ends the server at once and removes its data. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts a throwaway Postgres, as root or as a user. A guard process holds the other end of a pipe to this process: when
 * this process ends, by whatever way (SIGKILL too), the guard kills the server and removes the data.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const dir = await mkdtemp(join(tmpdir(), "homeostat-test-"));
  await chmod(dir, 0o711);
  const place = await findPlace(dir);
  const remove = async (): Promise<void> => {
    for (const path of [place.dataDir, dir]) await rm(path, { recursive: true, force: true });
  };
  try {
    const password = randomBytes(16).toString("hex");
    await initialise(place, dir, password);
    let { server, url } = await startServer(place, password);
    let guard = startGuard(server, [place.dataDir, dir]);
    return {
      url,
      newDatabase: () => newDatabase(url),
      async away(ms) {
        await end(server, "SIGINT");
        await pause(ms);
        ({ server, url } = await startServer(place, password, Number(new URL(url).port)));
        const late = guard;
        guard = startGuard(server, [place.dataDir, dir]);
        await dismiss(late);
      },
      async stop() {
        await end(server);
        await remove();
        await dismiss(guard);
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function initialise(place: Place, dir: string, password: string): Promise<void> {
  await mkdir(place.dataDir, { recursive: true, mode: 0o700 });
  const passwordFile = join(dir, "password");
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (place.owner) {
    await chown(place.dataDir, place.owner.uid, place.owner.gid);
    await chown(passwordFile, place.owner.uid, place.owner.gid);
  }
  const flags = ["-D", place.dataDir, "-U", "homeostat", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  await run(join(place.binDir, "initdb"), [...flags, "--encoding=UTF8", "--locale=C", "--no-sync"], {
    ...place.owner,
    cwd: "/",
  });
}

/** Settings of a server whose data nobody wants back: nothing waits for a disk. */
const settings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "200",
  shared_buffers: "32MB",
  unix_socket_directories: "",
};

async function startServer(
  place: Place,
  password: string,
  wanted?: number,
): Promise<{ server: ChildProcess; url: string }> {
  for (let start = 1; ; start++) {
    const port = wanted ?? (await freePort());
    const server = spawn(join(place.binDir, "postgres"), flagsOf(place, port), {
      ...place.owner,
      cwd: "/",
      stdio: ["ignore", "ignore", "pipe"],
    });
    const url = `postgresql://homeostat:${password}@127.0.0.1:${port}/postgres`;
    try {
      await ready(server);
      return { server, url };
    } catch (error) {
      await end(server);
      // Somebody else may have taken the port between the look and the start.
      if (start === startsMax) throw error;
    }
  }
}

const flagsOf = (place: Place, port: number): string[] => [
  "-D",
  place.dataDir,
  "-h",
  "127.0.0.1",
  "-p",
  String(port),
  ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
];

function ready(server: ChildProcess): Promise<void> {
  let said = "";
  return new Promise((resolve, reject) => {
    const give = setTimeout(() => reject(new Error(`Postgres was not ready in time: ${said}`)), readyWithinMs);
    const settle = (done: () => void): void => {
      clearTimeout(give);
      done();
    };
    server.once("error", (error) => settle(() => reject(error)));
    server.once("exit", () => settle(() => reject(new Error(`Postgres ended: ${said}`))));
    server.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
      if (said.includes("ready to accept connections")) settle(resolve);
    });
  });
}

/** Waits for the end of its input, which is the end of this process, then kills and removes. */
function startGuard(server: ChildProcess, paths: readonly string[]): ChildProcess {
  const script = 'cat >/dev/null; kill -QUIT "$0" 2>/dev/null && sleep 1; rm -rf -- "$@"';
  const guard = spawn("/bin/sh", ["-c", script, String(server.pid), ...paths], {
    detached: true,
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  server.unref();
  for (const stream of [guard.stdin, server.stderr]) if (stream instanceof Socket) stream.unref();
  return guard;
}

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/**
 * SIGQUIT is Postgres's immediate shutdown, for data that is thrown away anyway: what was committed a moment ago is lost,
 * since nothing waits for a disk. SIGINT ends sessions just as hard, and keeps the data.
 */
async function end(server: ChildProcess, signal: "SIGQUIT" | "SIGINT" = "SIGQUIT"): Promise<void> {
  if (ended(server) || server.pid === undefined) return;
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill(signal);
  await gone;
}

async function dismiss(guard: ChildProcess): Promise<void> {
  if (ended(guard)) return;
  const gone = new Promise((resolve) => guard.once("exit", resolve));
  guard.kill("SIGKILL");
  await gone;
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

async function newDatabase(url: string): Promise<string> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  return url.replace(/\/postgres$/, `/${name}`);
}
