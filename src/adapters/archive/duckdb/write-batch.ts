import { join } from "node:path";
import {
  archiveTables,
  keptTiers,
  noRows,
  type ArchiveTable,
  type Batch,
  type KeptTier,
} from "../../../loop/keeping/row.ts";
import { rowBytes } from "../../../loop/keeping/row-bytes.ts";
import type { Written } from "../../../ports/archive.ts";
import type { RowOf } from "./columns.ts";
import type { DuckDb } from "./duckdb.ts";
import { hourFolder, hourMs } from "./folder.ts";
import { needRoom } from "./need-room.ts";
import { rowTime } from "./row-time.ts";
import { writeFile } from "./write-file.ts";

/** What the rows of one file take up at most: it fits well into DuckDB's memory, also while it sorts them (I11). */
const fileBytesMax = 24 * 1024 * 1024;

/** Rows that go into one file. */
interface Portion<T extends ArchiveTable = ArchiveTable> {
  readonly tier: KeptTier;
  readonly table: T;
  readonly hourMs: number;
  readonly rows: readonly RowOf[T][];
}

export interface WritePlace {
  readonly root: string;
  readonly leaveBytes: number;
  /** A file name that was never used before. */
  readonly name: (tier: KeptTier) => string;
}

/** Writes a batch file by file. One that fails does not keep back the others; without room none is tried. */
export async function writeBatch(duckdb: DuckDb, place: WritePlace, batch: Batch): Promise<Written> {
  const bytes = { red: 0, points: 0, logs: 0, spans: 0 };
  const left: Portion[] = [];
  let why = "";
  for (const portion of portionsOf(batch))
    try {
      await needRoom(place.root, place.leaveBytes);
      const { tier, table, hourMs: startMs, rows } = portion;
      bytes[table] += await writeFile(
        duckdb,
        table,
        rows,
        join(hourFolder(place.root, table, startMs), place.name(tier)),
      );
    } catch (error) {
      left.push(portion);
      why = (error instanceof Error ? error.message : String(error)).slice(0, 300);
    }
  return left.length === 0 ? { bytes } : { bytes, left: { batch: batchOf(left), why } };
}

const portionsOf = (batch: Batch): Portion[] =>
  keptTiers.flatMap((tier) => archiveTables.flatMap((table) => byHour(tier, table, batch[tier][table])));

function byHour<T extends ArchiveTable>(tier: KeptTier, table: T, rows: readonly RowOf[T][]): Portion<T>[] {
  const timeOf = rowTime[table] as (row: RowOf[T]) => number;
  const bytesOf = rowBytes[table] as (row: RowOf[T]) => number;
  const hours = Map.groupBy(rows, (row) => Math.floor(timeOf(row) / hourMs) * hourMs);
  return [...hours].flatMap(([startMs, of]) =>
    parts(of, bytesOf).map((part) => ({ tier, table, hourMs: startMs, rows: part })),
  );
}

function parts<R>(rows: readonly R[], bytesOf: (row: R) => number): R[][] {
  const found: R[][] = [];
  let bytes = Infinity;
  for (const row of rows) {
    bytes += bytesOf(row);
    if (bytes > fileBytesMax) {
      found.push([]);
      bytes = bytesOf(row);
    }
    found.at(-1)?.push(row);
  }
  return found;
}

const batchOf = (portions: readonly Portion[]): Batch => {
  const rowsOf = (tier: KeptTier) =>
    Object.fromEntries(
      archiveTables.map((table) => [
        table,
        portions.flatMap((p) => (p.tier === tier && p.table === table ? p.rows : [])),
      ]),
    );
  return { whole: { ...noRows, ...rowsOf("whole") }, thinned: { ...noRows, ...rowsOf("thinned") } };
};
