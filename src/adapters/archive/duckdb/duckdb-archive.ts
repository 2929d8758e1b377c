import { mkdir, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ArchiveTable } from "../../../loop/keeping/row.ts";
import type { Archive, Found, TimeRange } from "../../../ports/archive.ts";
import type { Retention } from "../../../ports/config.ts";
import { openDuckDb } from "./duckdb.ts";
import { hourFolder, listFiles, setAside, type ArchiveFile } from "./folder.ts";
import { finishMerge, mergeable, mergeFiles } from "./merge-files.ts";
import { createOneAtATime } from "./one-at-a-time.ts";
import { logQuery, pointQuery, redQuery, redStepsQuery, spanQuery } from "./queries.ts";
import { filesMax, readFiles, type FileQuery, type FilesRead } from "./read-files.ts";
import { logRow, pointRow, redRow, redStep, spanRow } from "./rows-back.ts";
import { createShelf } from "./shelf.ts";
import { outlived, removeFile } from "./tidy-files.ts";
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
  const duckdb = await openDuckDb(root);
  const turns = createOneAtATime(waitingMax);
  const shelf = createShelf(root);
  let named = 0;
  const name = (tier: string): string =>
    `${writer}-${String(Math.floor(nowMs())).padStart(13, "0")}-${++named % 1_000_000}.${tier}.parquet`;

  async function putAside({ bad }: FilesRead): Promise<void> {
    for (const { file, why } of bad)
      await setAside(file).then(
        () => shelf.setAside(file, why),
        (error: Error) => shelf.trouble("reading", `\`${file.path}\` cannot be read nor set aside: ${error.message}`),
      );
  }

  const find = <R>(
    table: ArchiveTable,
    range: TimeRange,
    query: FileQuery,
    toRow: (raw: never) => R,
  ): Promise<Found<R>> =>
    turns.run(async () => {
      if (!(range.toMs > range.fromMs)) return { rows: [], cut: false, missing: [] };
      const { files, unreadable } = await listFiles(root, [table], range.fromMs, range.toMs);
      const rowFiles = files.filter((f) => f.kind === "rows").toSorted((a, b) => b.hourMs - a.hourMs);
      const read = await readFiles(duckdb, query, rowFiles.slice(0, filesMax));
      await putAside(read);
      const broken = [...files.filter((f) => f.kind === "bad"), ...read.bad.map((b) => b.file)];
      return {
        rows: read.rows
          .slice(0, range.limit)
          .map((raw) => toRow(raw as never))
          .toReversed(),
        cut: read.rows.length > range.limit || rowFiles.length > filesMax,
        missing: missingOf(broken, unreadable),
      };
    });

  async function merge(files: readonly ArchiveFile[], atMs: number): Promise<void> {
    for (const group of mergeable(files, atMs)) {
      const [first] = group;
      if (!first) continue;
      const path = join(hourFolder(root, first.table, first.hourMs), name(first.tier));
      await mergeFiles(duckdb, group, path).catch(async () => {
        await rm(`${path}.new`, { force: true });
        const all = { sql: "SELECT * FROM FILES", values: [] };
        for (const file of group) await putAside(await readFiles(duckdb, all, [file]));
      });
    }
  }

  async function tidy(retention: Retention, atMs: number): Promise<void> {
    const { files, unreadable } = await listFiles(root);
    const old = outlived(files, retention, atMs);
    for (const file of old) await removeFile(file);
    const kept = files.filter((f) => !old.includes(f));
    await merge(kept, atMs);
    shelf.counted((await listFiles(root)).files, old.length, unreadable);
  }

  await recover(root, shelf.trouble);
  return {
    red: (query) => find("red", query, redQuery(query), redRow),
    redSteps: (query) => find("red", query, redStepsQuery(query), redStep),
    points: (query) => find("points", query, pointQuery(query), pointRow),
    logs: (query) => find("logs", query, logQuery(query), logRow),
    spans: (query) => find("spans", query, spanQuery(query), spanRow),
    write: (batch) =>
      turns.run(async () => {
        const written = await writeBatch(duckdb, { root, leaveBytes, name }, batch);
        shelf.wrote(written);
        return written;
      }),
    tidy: (retention, atMs) => turns.run(() => tidy(retention, atMs)),
    state: shelf.state,
    close: () => turns.run(async () => duckdb.close()),
  };
}

/** Carries on what an earlier life did not finish: merges with a journal go through, files without a name go. */
async function recover(root: string, trouble: (kind: string, text: string) => void): Promise<void> {
  const { files } = await listFiles(root);
  for (const { path, kind } of files)
    if (kind === "journal")
      await finishMerge(path).catch((error: Error) => trouble("reading", `\`${path}\`: ${error.message}`));
  for (const { path, kind } of files) if (kind === "part") await rm(path, { force: true });
}

const missingOf = (broken: readonly ArchiveFile[], unreadable: readonly string[]): string[] => [
  ...broken.map((f) => `\`${f.path}\` cannot be read`),
  ...unreadable.map((folder) => `the folder \`${folder}\` cannot be read`),
];
