import type { ArchiveTable } from "../../../loop/keeping/row.ts";
import type { ArchiveReader, Found, TimeRange } from "../../../ports/archive.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { DuckDb } from "./duckdb.ts";
import { listFiles, setAside, type ArchiveFile } from "./folder.ts";
import { textOf } from "./is-about-content.ts";
import type { OneAtATime } from "./one-at-a-time.ts";
import { logQuery, pointQuery, redQuery, redStepsQuery, spanQuery } from "./queries.ts";
import { filesMax, readFiles, type FileQuery, type FilesRead } from "./read-files.ts";
import { logRow, pointRow, redRow, redStep, spanRow, type Raw } from "./rows-back.ts";
import type { Shelf } from "./shelf.ts";

export interface FolderParts {
  readonly root: string;
  readonly duckdb: DuckDb;
  readonly shelf: Shelf;
}

/**
 * Answers queries from the files of the hours asked for. What is broken is set aside, what the system does not let be read stays, and the
 * answer names both. Rejects when nothing can be read now.
 */
export function createFolderReader(parts: FolderParts, turns: OneAtATime): ArchiveReader {
  const find = <R>(table: ArchiveTable, range: TimeRange, query: FileQuery, toRow: (raw: Raw) => R) =>
    turns.run(() => findRows(parts, table, range, query, toRow));
  return {
    red: (query) => find("red", query, redQuery(query), redRow),
    redSteps: (query) => find("red", query, redStepsQuery(query), redStep),
    points: (query) => find("points", query, pointQuery(query), pointRow),
    logs: (query) => find("logs", query, logQuery(query), logRow),
    spans: (query) => find("spans", query, spanQuery(query), spanRow),
  };
}

async function findRows<R>(
  { root, duckdb, shelf }: FolderParts,
  table: ArchiveTable,
  { fromMs, toMs, limit }: TimeRange,
  query: FileQuery,
  toRow: (raw: Raw) => R,
): Promise<Found<R>> {
  if (!(toMs > fromMs)) return { rows: [], cut: false, missing: [] };
  const { files, unreadable } = await listFiles(root, [table], fromMs, toMs);
  const ofRows = files.filter((f) => f.kind === "rows").toSorted((a, b) => b.hourMs - a.hourMs);
  const read = await readFiles(duckdb, query, ofRows.slice(0, filesMax)).catch((cause: unknown) => {
    shelf.trouble("reading", `telemetry cannot be read: ${textOf(cause)}`);
    throw new AdapterError("unavailable", `the telemetry archive cannot be read: ${textOf(cause)}`, {
      retryable: true,
      cause,
    });
  });
  shelf.trouble("reading", read.unread.length === 0 ? "" : `telemetry cannot be read: ${read.unread[0]?.why}`);
  await putAside(read.bad, shelf);
  const broken = [...files.filter((f) => f.kind === "bad"), ...[...read.bad, ...read.unread].map((b) => b.file)];
  return {
    rows: read.rows.slice(0, limit).map(toRow).toReversed(),
    cut: read.rows.length > limit || ofRows.length > filesMax,
    missing: missingOf(broken, unreadable),
  };
}

/** Sets aside what is broken, so that it is in nobody's way again. */
export async function putAside(bad: FilesRead["bad"], shelf: Shelf): Promise<void> {
  for (const { file, why } of bad)
    await setAside(file).then(
      () => shelf.setAside(file, why),
      (error: Error) => shelf.trouble("broken", `\`${file.path}\` is broken and cannot be set aside: ${error.message}`),
    );
}

const missingOf = (broken: readonly ArchiveFile[], unreadable: readonly string[]): string[] => [
  ...broken.map((f) => `\`${f.path}\` cannot be read`),
  ...unreadable.map((folder) => `the folder \`${folder}\` cannot be read`),
];
