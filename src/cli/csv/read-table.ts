import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { CommandError, exitCode } from "../exit.ts";

/** A row and the line of the file it ends on, from 1. */
export interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

export interface Table {
  readonly file: string;
  /** What cells are parted by. */
  readonly delimiter: string;
  /** Rows with anything in them, without comments. */
  readonly rows: readonly Row[];
}

/** Bounds (I11): bytes of a file when unpacked, and cells; about 60 bytes of memory a cell. */
const bytesMax = 512 * 1024 * 1024;
const cellsMax = 20_000_000;
const delimiters = [",", ";", "\t", "|"] as const;
/** Enough of a file to see what its cells are parted by. */
const sampleBytes = 64 * 1024;
const sampleRows = 50;

/** The file's bytes, unpacked when they are gzip; undefined when there is no such file. */
export async function bytesOf(file: string): Promise<Buffer | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new CommandError(exitCode.notFound, `cannot read \`${file}\`: ${error.code ?? error.message}`);
  });
  if (bytes === undefined || !(file.endsWith(".gz") || (bytes[0] === 0x1f && bytes[1] === 0x8b))) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? "it is too large" : "it is damaged";
    throw new CommandError(exitCode.invalid, `\`${file}\` cannot be unpacked: ${why}`);
  }
}

/**
 * A CSV file's rows (RFC 4180, any of the usual delimiters, with or without a byte order mark, any line ends). What is wrong with it ends
 * the command, with the line.
 */
export function tableOf(file: string, bytes: Buffer): Table {
  if (bytes.length > bytesMax) throw badTable(file, undefined, `it is longer than ${bytesMax >> 20} MiB: cut it`);
  const delimiter = delimiterOf(bytes);
  let [cells, line] = [0, 0];
  const onRecord = (record: string[], info: { lines: number }): Row | null => {
    line = info.lines;
    cells += record.length;
    if (cells > cellsMax) throw badTable(file, line, `it has more than ${cellsMax.toLocaleString("en")} cells: cut it`);
    return record.some((cell) => cell !== "") ? { line, cells: record } : null;
  };
  try {
    const rows = parse(bytes, { ...dialect, delimiter, on_record: onRecord as never }) as unknown as Row[];
    return { file, delimiter, rows: withoutComments(rows) };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw located(file, error as Flaw, line);
  }
}

const dialect = { bom: true, skip_empty_lines: true, relax_column_count: true, trim: true } as const;

/** The delimiter that parts most rows of the beginning into as many cells as its first one, two at least. */
function delimiterOf(bytes: Buffer): string {
  const sample = bytes.subarray(0, sampleBytes);
  const judged = delimiters.map((delimiter) => {
    const rows = sampled(sample, delimiter);
    const [first = 1] = rows;
    return { delimiter, like: first < 2 ? 0 : rows.filter((many) => many === first).length };
  });
  return judged.reduce((best, j) => (j.like > best.like ? j : best)).delimiter;
}

/** How many cells each row of the beginning has, without the last, which may be cut. */
function sampled(bytes: Buffer, delimiter: string): number[] {
  const rows: string[][] = parse(bytes, {
    ...dialect,
    delimiter,
    to: sampleRows,
    relax_quotes: true,
    skip_records_with_error: true,
  });
  const told = rows.filter(([first = ""]) => !first.startsWith("#"));
  return (told.length < 3 ? told : told.slice(0, -1)).map((row) => row.length);
}

/** Lines that begin with `#` are comments, but for one that names the columns of what comes after it. */
function withoutComments(rows: readonly Row[]): Row[] {
  const isComment = ({ cells: [first = ""] }: Row): boolean => first.startsWith("#");
  const from = rows.findIndex((row) => !isComment(row));
  const last = rows[from - 1];
  const body = rows.filter((row) => !isComment(row));
  if (last === undefined || !/\d/.test(body[0]?.cells[0] ?? "") || last.cells.length !== body[0]?.cells.length)
    return body;
  return [{ ...last, cells: last.cells.map((cell, i) => (i === 0 ? cell.replace(/^#\s*/, "") : cell)) }, ...body];
}

interface Flaw extends Error {
  readonly code?: string;
  readonly lines?: number;
}

function located(file: string, { code, lines, message }: Flaw, lastLine: number): CommandError {
  if (code === "CSV_QUOTE_NOT_CLOSED")
    return badTable(
      file,
      lastLine + 1,
      "a quote is opened and never closed: close it, or double quotes inside of a text",
    );
  if (code === "INVALID_OPENING_QUOTE" || code === "CSV_INVALID_CLOSING_QUOTE")
    return badTable(file, lines, "a quote stands inside of a text: quote the whole of it and double the quotes inside");
  return badTable(file, lines, message.split("\n")[0]?.toLowerCase() ?? "it cannot be read");
}

const badTable = (file: string, line: number | undefined, why: string): CommandError =>
  new CommandError(exitCode.invalid, `${file}${line === undefined ? "" : `:${line}`}: is no CSV file: ${why}`);
