import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { AdapterError } from "../../../ports/adapter-error.ts";

const triesMax = 10;
const pauseMs = 25;
const sqliteBusy = 5;

/** What is held, so that no garbage collection can close it and lose its lock. */
const held = new Set<DatabaseSync>();

/**
 * Takes the one ownership of a data directory, or refuses (`owned`) naming the owner. The kernel keeps it, as SQLite's
 * exclusive lock on the empty file `data.lock`: it ends with the process, however that ends, so nothing stale can be left.
 * Gives the release. Nothing else in this process may open `data.lock`: closing it again would drop the lock (POSIX).
 * Two hosts must not share the directory.
 */
export async function takeOwnership(dataDir: string): Promise<() => Promise<void>> {
  const [lock, pidFile] = [join(dataDir, "data.lock"), join(dataDir, "owner.pid")];
  for (let i = 0; i < triesMax; i++) {
    const db = tryLock(lock);
    if (db) return own(db, pidFile);
    // Two that ask at the same moment may keep each other from it: both ask again, not in step.
    await pause(pauseMs * (0.5 + Math.random()));
  }
  throw new AdapterError(
    "owned",
    `\`${dataDir}\` belongs to ${ownerIn(pidFile)}: stop it first, or give another directory by --data`,
  );
}

/** The file stays when it is released: removing it would let one lock the old file and another one a new file. */
function tryLock(file: string): DatabaseSync | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { timeout: 0 });
    db.exec("pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive");
    return db;
  } catch (cause) {
    if (db?.isOpen) db.close();
    if (cause instanceof Error && "errcode" in cause && Number(cause.errcode) % 256 === sqliteBusy) return undefined;
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new AdapterError(
      "unwritable",
      `\`${file}\` cannot be locked (${text}): free the disk, remove that file if it is damaged, or give another directory by --data`,
      { cause },
    );
  }
}

function own(db: DatabaseSync, pidFile: string): () => Promise<void> {
  held.add(db);
  attempt(() => chmodSync(db.location() ?? "", 0o600));
  attempt(() => rmSync(pidFile, { force: true }));
  attempt(() => writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o644 }));
  return async () => {
    if (!held.delete(db)) return;
    attempt(() => rmSync(pidFile, { force: true }));
    db.close();
  };
}

/** The pid is only for people; the lock holds without it. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // A full disk, or a file of another user.
  }
}

function ownerIn(pidFile: string): string {
  let pid = 0;
  attempt(() => (pid = Number(readFileSync(pidFile, "utf8"))));
  return Number.isInteger(pid) && pid > 0 ? `the running process ${pid}` : "another running process";
}
