import { spawn, type ChildProcess } from "node:child_process";
import { stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { fatalLine, isDiskFull } from "./initialise.ts";
import { openLog, tailOf } from "./log-file.ts";
import type { Place } from "./place.ts";
import { clearPidFile } from "./postmaster.ts";

const triesMax = 20;
const pauseMs = 500;
/** What a crash leaves for a moment (its last sessions), and a port that somebody else took since we looked. */
const passing = /shared memory block|still in use|lock file "postmaster\.pid"|Address already in use|could not bind/;

const portTaken = /Address already in use|could not bind/;

/** Modest: a control plane on a small host. `fsync` and full-page writes stay on, as Postgres has them. */
const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "80",
  shared_buffers: "64MB",
  max_wal_size: "256MB",
  log_checkpoints: "off",
  log_min_messages: "warning",
  // Statements of ours are long, and a full disk makes many of them fail.
  log_min_error_statement: "panic",
  log_line_prefix: "%m [%p] ",
  idle_session_timeout: "0",
};

export interface LaunchFiles {
  readonly place: Place;
  readonly logPath: string;
}

/** Where it listens when that is settled already, and what calls the start off. */
export interface LaunchOptions {
  readonly port?: number;
  readonly signal?: AbortSignal;
}

/** Launches until it is ready, again when what hinders it passes. Gives the port. */
export async function launchUntilReady(
  files: LaunchFiles,
  ready: (port: number, alive: () => boolean) => Promise<boolean>,
  options: LaunchOptions = {},
): Promise<number> {
  for (let i = 1; ; i++) {
    options.signal?.throwIfAborted();
    const port = options.port ?? (await freePort());
    const said = await launchOnce(files, port, ready, options.signal);
    if (said === undefined) return port;
    const taken = options.port !== undefined && portTaken.test(said);
    if (i === triesMax || taken || !passing.test(said)) throw failure(said, files.logPath, taken ? port : undefined);
    await pause(pauseMs, undefined, { signal: options.signal });
  }
}

/** Gives what it said when it came to nothing. */
async function launchOnce(
  { place, logPath }: LaunchFiles,
  port: number,
  ready: (port: number, alive: () => boolean) => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { child, ended } = await launch(place, logPath, port);
  let alive = true;
  const callOff = (): void => void child.kill("SIGINT");
  signal?.addEventListener("abort", callOff);
  if (signal?.aborted) callOff();
  try {
    const late = ready(port, () => alive).then((yes) => (yes ? undefined : "it was not ready in time"));
    return await Promise.race([ended, late]);
  } finally {
    alive = false;
    signal?.removeEventListener("abort", callOff);
  }
}

/** Starts Postgres, detached, so that it outlives us. `ended` settles with what it said when it ends by itself. */
async function launch(
  place: Place,
  logPath: string,
  port: number,
): Promise<{ child: ChildProcess; ended: Promise<string> }> {
  await clearPidFile(place);
  const from = (await stat(logPath).catch(() => undefined))?.size ?? 0;
  const output = await openLog(logPath);
  const flags = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  const child = spawn(join(place.binDir, "postgres"), ["-D", place.dataDir, ...flags], {
    ...place.owner,
    detached: true,
    stdio: ["ignore", output.fd, output.fd],
    cwd: "/",
    env: { LC_ALL: "C" },
  });
  const ended = new Promise<string>((done) => {
    child.once("error", (error) => done(error.message));
    child.once("exit", () => done(""));
  }).then(async (error) => error || (await tailOf(logPath, from).catch(() => "")));
  child.unref();
  await output.close();
  return { child, ended };
}

function failure(said: string, logPath: string, takenPort: number | undefined): AdapterError {
  if (takenPort !== undefined)
    return new AdapterError("port-taken", `another program took its port ${takenPort}: end that program`);
  return new AdapterError(
    isDiskFull(said) ? "disk-full" : "postgres-ended",
    `Postgres could not start: ${fatalLine(said) ?? (said.trim().split("\n").at(-1) || "it ended")}: see \`${logPath}\``,
  );
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
