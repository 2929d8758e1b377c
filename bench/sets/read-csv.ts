import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Rows of cells of a CSV file by RFC 4180, unpacked when its name ends in `.gz`. */
export function readCsv(path: string): string[][] {
  const bytes = readFileSync(path);
  return parseCsv((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
}

/** Rows as columns by name. */
export function columnsOf([head = [], ...rows]: readonly string[][]): Map<string, string[]> {
  return new Map(head.map((name, i) => [name, rows.map((row) => row[i] ?? "")]));
}

/** An empty cell is a missing number. */
export const numberOf = (cell: string | undefined): number => (cell ? Number(cell) : NaN);

function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const { cell, end } = text[at] === '"' ? quoted(text, at) : plain(text, at);
    row.push(cell);
    if (text[end] === ",") {
      at = end + 1;
      continue;
    }
    rows.push(row);
    row = [];
    at = end + (text[end] === "\r" ? 2 : 1);
  }
  return rows.filter((r) => r.length > 1 || r[0] !== "");
}

function plain(text: string, from: number): { cell: string; end: number } {
  let end = from;
  while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end++;
  return { cell: text.slice(from, end), end };
}

function quoted(text: string, from: number): { cell: string; end: number } {
  let end = from + 1;
  while (end < text.length && !(text[end] === '"' && text[end + 1] !== '"')) end += text[end] === '"' ? 2 : 1;
  return { cell: text.slice(from + 1, end).replaceAll('""', '"'), end: end + 1 };
}
