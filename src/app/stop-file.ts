import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { formatStopScope } from "../loop/decision/stop.ts";
import type { StopEntry, StopScope } from "../loop/decision/decision.ts";

/**
 * The stop file: stops that hold when server or database are down (E7, I8). One JSON entry a line in `<data>/STOP`. An
 * empty file, or a line that cannot be read, stops everything: `touch STOP` is a stop.
 */
export const stopFileName = "STOP";
const sizeMax = 1_000_000;

const entry = z.object({
  scope: z.object({ kind: z.enum(["all", "environment", "service", "runbook", "incident"]), value: z.string() }),
  by: z.string(),
  reason: z.string(),
  atMs: z.number(),
});

/** What the file stops; empty when there is none. Rejects when it is there and cannot be read: then nothing may act. */
export async function readStopFile(dataDir: string): Promise<StopEntry[]> {
  const path = join(dataDir, stopFileName);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return [];
  const lines = text.split("\n").filter(Boolean);
  const atMs = await stat(path).then(
    (s) => Math.round(s.mtimeMs),
    () => 0,
  );
  const everything = (reason: string): StopEntry => ({
    scope: { kind: "all", value: "" },
    by: "stop file",
    reason,
    atMs,
  });
  if (text.length > sizeMax) return [everything("the stop file is too large to read")];
  if (lines.length === 0) return [everything("the stop file is there")];
  return lines.map((line) => parse(line) ?? everything("a line of the stop file cannot be read"));
}

function parse(line: string): StopEntry | undefined {
  try {
    return entry.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

const lockTries = 100;
const lockPauseMs = 20;
/** Whoever holds the lock for longer died with it. */
const lockStaleMs = 1_500;

/**
 * Changes the stop file alone: whoever takes a stop out writes what is left, and must not lose one that is added meanwhile. A
 * stop never fails for the lock's sake: after two seconds it goes on without.
 */
async function alone<T>(dataDir: string, change: () => Promise<T>): Promise<T> {
  const lock = join(dataDir, `${stopFileName}.lock`);
  for (let i = 0; i < lockTries; i++) {
    if (await writeFile(lock, "", { flag: "wx", mode: 0o600 }).then(yes, no)) break;
    const heldMs = Date.now() - (await stat(lock).then((s) => s.mtimeMs, Date.now));
    if (heldMs > lockStaleMs) await rm(lock, { force: true }).catch(no);
    else await pause(lockPauseMs);
  }
  return change().finally(() => rm(lock, { force: true }).catch(no));
}

const yes = (): boolean => true;
const no = (): boolean => false;

/** Adds an entry and forces it to disk before it returns the file's path. */
export async function writeStopFile(dataDir: string, stop: StopEntry): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return alone(dataDir, () => append(dataDir, stop));
}

async function append(dataDir: string, stop: StopEntry): Promise<string> {
  const file = join(dataDir, stopFileName);
  const handle = await open(file, "a", 0o600);
  try {
    await handle.write(`${JSON.stringify(stop)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return file;
}

/** Takes a scope out of the file; false when it was not there. */
export const liftStopFile = (dataDir: string, scope: StopScope): Promise<boolean> =>
  alone(dataDir, () => takeOut(dataDir, scope));

async function takeOut(dataDir: string, scope: StopScope): Promise<boolean> {
  const file = join(dataDir, stopFileName);
  const entries = await readStopFile(dataDir).catch(() => []);
  const kept = entries.filter((e) => formatStopScope(e.scope) !== formatStopScope(scope));
  if (kept.length === entries.length) return false;
  if (kept.length === 0) await rm(file, { force: true });
  else {
    await writeFile(`${file}.new`, kept.map((e) => `${JSON.stringify(e)}\n`).join(""), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
  return true;
}
