import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
  const text = await readFile(join(dataDir, stopFileName), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return [];
  const lines = text.slice(0, sizeMax).split("\n").filter(Boolean);
  return lines.length === 0 ? [everything("the stop file is there")] : lines.map(parse);
}

const everything = (reason: string): StopEntry => ({
  scope: { kind: "all", value: "" },
  by: "stop file",
  reason,
  atMs: 0,
});

function parse(line: string): StopEntry {
  try {
    return entry.parse(JSON.parse(line));
  } catch {
    return everything("a line of the stop file cannot be read");
  }
}

/** Adds an entry and forces it to disk before it returns the file's path. */
export async function writeStopFile(dataDir: string, stop: StopEntry): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
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
export async function liftStopFile(dataDir: string, scope: StopScope): Promise<boolean> {
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
