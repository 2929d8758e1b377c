import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { CommandError, exitCode } from "./exit.ts";

/** One column of a file of numbers over time. A missing or unreadable number is NaN: unknown, not zero. */
export interface FileSeries {
  readonly name: string;
  readonly atMs: readonly number[];
  readonly values: readonly number[];
}

export interface SeriesFile {
  readonly series: readonly FileSeries[];
  /** Where a cell could not be read: line and column, the first few of them. */
  readonly unreadable: readonly string[];
  readonly unreadableCount: number;
}

const bytesMax = 512 * 1024 * 1024;
const namedMax = 5;

/**
 * Reads a CSV file (RFC 4180, unpacked when it ends in `.gz`): the first column is time, by ISO 8601 (UTC when it names no zone) or in
 * seconds or milliseconds since 1970, every other column that has numbers is a series. A first row without a time names the columns.
 */
export async function readSeries(file: string): Promise<SeriesFile> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(exitCode.notFound, `cannot read \`${file}\`: ${error.code ?? error.message}`);
  });
  const rows = rowsOf(file, bytes);
  const [head = []] = rows;
  const named = Number.isNaN(timeOf(head[0] ?? ""));
  const body = named ? rows.slice(1) : rows;
  const names = head.map((cell, i) => (named ? cell : `column ${i + 1}`));
  if (names.length < 2 || body.length === 0)
    throw new CommandError(
      exitCode.invalid,
      `\`${file}\` has no series: give a time column and at least one of numbers`,
    );
  return seriesOf(names, body, named ? 2 : 1);
}

function rowsOf(file: string, bytes: Buffer): string[][] {
  try {
    const plain = file.endsWith(".gz") ? gunzipSync(bytes, { maxOutputLength: bytesMax }) : bytes;
    return parse(plain, { bom: true, skip_empty_lines: true, relax_column_count: true, trim: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(exitCode.invalid, `\`${file}\` is no CSV file: ${why.split("\n")[0]?.toLowerCase()}`);
  }
}

function seriesOf(names: readonly string[], rows: readonly string[][], firstLine: number): SeriesFile {
  const unreadable: string[] = [];
  let count = 0;
  const miss = (line: number, column: string, cell: string): number => {
    if (cell !== "" && ++count <= namedMax) unreadable.push(`line ${line}, ${column}: \`${cell.slice(0, 40)}\``);
    return Number.NaN;
  };
  const times = rows.map((row, i) => {
    const atMs = timeOf(row[0] ?? "");
    return Number.isNaN(atMs) ? miss(firstLine + i, names[0] ?? "time", row[0] ?? "") : atMs;
  });
  const timed = times.flatMap((atMs, i) => (Number.isNaN(atMs) ? [] : [i]));
  // Exports often come newest first.
  const kept = timed.toSorted((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  const series = names.slice(1).map((name, c) => ({
    name,
    atMs: kept.map((i) => times[i] ?? Number.NaN),
    values: kept.map((i) => {
      const cell = rows[i]?.[c + 1] ?? "";
      const value = cell === "" ? Number.NaN : Number(cell);
      return Number.isNaN(value) ? miss(firstLine + i, name, cell) : value;
    }),
  }));
  return { series: series.filter((s) => s.values.some(Number.isFinite)), unreadable, unreadableCount: count };
}

/** The farthest time that has a date, ms either side of 1970. */
const farthestMs = 8.64e15;

/** Whether it can be written as a date. */
export const isTime = (ms: number): boolean => Math.abs(ms) <= farthestMs;

/** Milliseconds since 1970; NaN when it is no time. Seconds are told from milliseconds by their size; without a zone it is UTC. */
export function timeOf(cell: string): number {
  if (/^\d+(\.\d+)?$/.test(cell)) {
    const ms = Number(cell) < 1e11 ? Number(cell) * 1000 : Number(cell);
    return isTime(ms) ? ms : Number.NaN;
  }
  if (!/^\d{4}-\d\d-\d\d/.test(cell)) return Number.NaN;
  if (!/\d\d:\d\d/.test(cell)) return Date.parse(cell);
  // Databases write `+00` and ` UTC` where ISO 8601 wants `+00:00` and `Z`.
  const told = cell.replace(/ ?UTC$/, "Z").replace(/(:\d\d(?:\.\d+)?[+-]\d\d)$/, "$1:00");
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(told) ? told : `${told.replace(" ", "T")}Z`);
}
