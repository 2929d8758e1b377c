import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { Place } from "./place.ts";

/** The Postgres that works on our data, by its own pid file. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

const fastStopMs = 30_000;
const immediateStopMs = 10_000;
const lookEveryMs = 50;

const pidFile = (place: Place): string => join(place.dataDir, "postmaster.pid");

/** The live Postgres of this data; undefined when none runs. A pid that went to another program is not it. */
export async function findPostmaster(place: Place): Promise<Postmaster | undefined> {
  const lines = (await readFile(pidFile(place), "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !(await worksOn(pid, place.dataDir))) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === "ready" };
}

/** Postgres takes over a dead one's pid file by itself, except when the pid lives on as another program. */
export async function clearPidFile(place: Place): Promise<void> {
  if (!(await findPostmaster(place))) await rm(pidFile(place), { force: true });
}

/** Fast shutdown by SIGINT: sessions are ended, data is flushed. When that takes too long, SIGQUIT: recovered at the next start. */
export async function stopPostmaster(place: Place): Promise<void> {
  const postmaster = await findPostmaster(place);
  if (!postmaster) return;
  for (const [signal, withinMs] of [
    ["SIGINT", fastStopMs],
    ["SIGQUIT", immediateStopMs],
  ] as const) {
    kill(postmaster.pid, signal);
    if (await gone(postmaster.pid, place.dataDir, withinMs)) return;
  }
  throw new AdapterError(
    "postgres-stays",
    `Postgres, process ${postmaster.pid}, does not end: end it, then start again`,
  );
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}

async function gone(pid: number, dataDir: string, withinMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs <= withinMs; waitedMs += lookEveryMs) {
    if (!(await worksOn(pid, dataDir))) return true;
    await new Promise((done) => setTimeout(done, lookEveryMs));
  }
  return false;
}

async function worksOn(pid: number, dataDir: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
  if (command !== undefined) return command.includes(`\0-D\0${dataDir}\0`);
  if (process.platform === "linux") return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
