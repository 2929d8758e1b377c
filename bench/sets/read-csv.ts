import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";

/** Rows of cells of a CSV file by RFC 4180, unpacked when its name ends in `.gz`. */
export function readCsv(path: string): string[][] {
  const bytes = readFileSync(path);
  const text = path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
  return parse(text, { bom: true, skip_empty_lines: true, relax_column_count: true, relax_quotes: true });
}

/** Rows as columns by name. */
export function columnsOf([head = [], ...rows]: readonly string[][]): Map<string, string[]> {
  return new Map(head.map((name, i) => [name, rows.map((row) => row[i] ?? "")]));
}

/** An empty cell is a missing number. */
export const numberOf = (cell: string | undefined): number => (cell ? Number(cell) : NaN);
