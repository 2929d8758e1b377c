import { mkdir, realpath } from "node:fs/promises";
import type { KeptTier } from "../../../loop/keeping/row.ts";
import type { Archive } from "../../../ports/archive.ts";
import { carryOn } from "./carry-on.ts";
import { openDuckDb } from "./duckdb.ts";
import { createFolderReader } from "./folder-reader.ts";
import { listFiles } from "./folder.ts";
import { createOneAtATime } from "./one-at-a-time.ts";
import { createShelf } from "./shelf.ts";
import { tidyFolder } from "./tidy-folder.ts";
import { writeBatch } from "./write-batch.ts";

export interface DuckDbArchiveOptions {
  /** Everything is in here, and nothing outside of it is touched. Made when it is missing. */
  readonly root: string;
  /** Begins the names of files: lower-case letters, digits and dashes, one for each controller. */
  readonly writer: string;
  readonly nowMs: () => number;
  /** Nothing is written while less than this is free: the room belongs to the database. Absent: 300 MB. */
  readonly leaveBytes?: number;
}

/** Reads and writes that wait for their turn (I11). */
const waitingMax = 64;

/**
 * The archive as Parquet files, written and read by DuckDB. Rejects when DuckDB's native part cannot be loaded here. One process at a time
 * may have a folder open; any number of others may read the files.
 */
export async function openDuckDbArchive(options: DuckDbArchiveOptions): Promise<Archive> {
  const { writer, nowMs, leaveBytes = 300_000_000 } = options;
  await mkdir(options.root, { recursive: true, mode: 0o750 });
  const root = await realpath(options.root);
  const [duckdb, shelf, turns] = [await openDuckDb(root), createShelf(root), createOneAtATime(waitingMax)];
  const parts = { root, duckdb, shelf };
  let named = 0;
  const name = (tier: KeptTier): string =>
    `${writer}-${String(Math.floor(nowMs())).padStart(13, "0")}-${++named % 1_000_000}.${tier}.parquet`;
  await carryOn(parts);
  const { files, unreadable } = await listFiles(root);
  shelf.counted(files, 0, unreadable);
  return {
    ...createFolderReader(parts, turns),
    write: (batch) =>
      turns.run(async () => {
        const written = await writeBatch(duckdb, { root, leaveBytes, name }, batch);
        shelf.wrote(written);
        return written;
      }),
    tidy: (retention, atMs) => turns.run(() => tidyFolder({ ...parts, name, leaveBytes }, retention, atMs)),
    state: shelf.state,
    close: () => turns.run(async () => duckdb.close()),
  };
}
