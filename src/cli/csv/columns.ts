import { CommandError, exitCode } from "../exit.ts";
import { isNone, numberOf } from "./number-of.ts";
import type { Table } from "./read-table.ts";
import { timeOf } from "./time-of.ts";

/** Columns as somebody named them, where it cannot be told from the file. */
export interface Wanted {
  readonly time?: string;
  /** Columns that tell series apart. */
  readonly by?: readonly string[];
}

/** What the columns of a file are for, each by its place in a row. */
export interface Columns {
  readonly names: readonly string[];
  readonly time: number;
  /** Numbers: a series each, or each of as many as the labels tell apart. */
  readonly values: readonly number[];
  /** Texts that tell the series of a row. */
  readonly labels: readonly number[];
  /** Columns that are neither, with why. */
  readonly ignored: readonly string[];
  /** The first row that holds points. */
  readonly from: number;
}

/** Looked at to tell what a column is: rows spread over the file. */
const sampleMax = 500;
/** A text that is another one in more than this share of rows tells no series apart. */
const variedShare = 0.5;
const fewTexts = 20;
/** From this share of numbers on a column of texts is more likely a damaged one of numbers. */
const mixedShare = 0.1;
const timeNames: ReadonlySet<string> = new Set(
  "time timestamp _time ts t date datetime @timestamp at when epoch created_at time_ms timems time_s timestamp_ms period_start bucket".split(
    " ",
  ),
);

/** Tells the columns of a file by what stands in them, and by name where several may be the time. */
export function columnsOf(table: Table, wanted: Wanted = {}): Columns {
  const { file, delimiter } = table;
  const { names, from } = namesOf(table);
  const samples = names.map((_, column) => sampleOf(table, from, column));
  const time = wanted.time === undefined ? timeColumn(file, names, samples) : placeOf(file, names, wanted.time);
  const by = wanted.by?.map((name) => placeOf(file, names, name));
  const others = names.map((_, i) => i).filter((i) => i !== time && !by?.includes(i));
  const kinds = Map.groupBy(others, (i) => kindOf(samples[i] ?? [], delimiter));
  return {
    names,
    time,
    values: kinds.get("number") ?? [],
    labels: by ?? kinds.get("label") ?? [],
    ignored: [
      ...(kinds.get("time") ?? []).map((i) => `\`${names[i]}\`: it holds times, as \`${names[time]}\` does`),
      ...(kinds.get("mixed") ?? []).map((i) => `\`${names[i]}\`: most of it is no number`),
      ...(kinds.get("varied") ?? []).map((i) => `\`${names[i]}\`: its texts are nearly all different`),
    ],
    from,
  };
}

/** The names of the columns, which the first row may give, and the first row of points. */
function namesOf(table: Table): Pick<Columns, "names" | "from"> {
  const { file, rows } = table;
  const width = rows.slice(0, sampleMax).reduce((most, row) => Math.max(most, row.cells.length), 0);
  const from = namesColumns(table, width) ? 1 : 0;
  if (rows.length <= from || width < 2)
    throw new CommandError(
      exitCode.invalid,
      `\`${file}\` has no series: give a column of times and at least one of numbers`,
    );
  const given = from > 0 ? rows[0]?.cells : undefined;
  return { names: Array.from({ length: width }, (_, i) => given?.[i] || `column ${i + 1}`), from };
}

/** Whether the first row names the columns: it has a text where numbers or times follow, and no date. */
function namesColumns(table: Table, width: number): boolean {
  const cells = table.rows[0]?.cells ?? [];
  const isAmount = (cell: string): boolean => isNumber(cell, table.delimiter) || !Number.isNaN(timeOf(cell));
  const isDate = (cell: string): boolean => isRecent(timeOf(cell));
  if (cells.some(isDate)) return false;
  return Array.from({ length: width }, (_, i) => i).some((column) => {
    const below = sampleOf(table, 1, column);
    return !isAmount(cells[column] ?? "") && below.filter(isAmount).length > below.length / 2;
  });
}

const isNumber = (cell: string, delimiter: string): boolean => !Number.isNaN(numberOf(cell, delimiter));

/** Cells of a column that say something, of rows spread evenly. */
function sampleOf({ rows }: Table, from: number, column: number): string[] {
  const step = Math.max(1, Math.floor((rows.length - from) / sampleMax));
  const cells: string[] = [];
  for (let i = from; i < rows.length; i += step) {
    const cell = rows[i]?.cells[column] ?? "";
    if (!isNone(cell)) cells.push(cell);
  }
  return cells;
}

function placeOf(file: string, names: readonly string[], name: string): number {
  const place = names.indexOf(name);
  if (place >= 0) return place;
  throw new CommandError(
    exitCode.invalid,
    `\`${file}\` has no column \`${name}\`: it has ${names.map((n) => `\`${n}\``).join(", ")}`,
  );
}

function timeColumn(file: string, names: readonly string[], samples: readonly (readonly string[])[]): number {
  const scores = samples.map((cells, i) => timeLikeness(names[i] ?? "", cells));
  const best = scores.reduce((a, b) => Math.max(a, b), 0);
  // Small numbers that only go up are seconds of something in the first column, and anything elsewhere.
  if (best > orderedScore || (best > 0 && scores[0] === best)) return scores.indexOf(best);
  const all = samples.flatMap((cells) => cells.slice(0, 1));
  const isNames = samples.every((cells) => cells.length <= 1) && !all.some((cell) => /\d/.test(cell));
  if (isNames) throw new CommandError(exitCode.invalid, `\`${file}\` has names of columns and no rows`);
  const ambiguous = all.find((cell) => /^\d\d?[./-]\d\d?[./-]\d{4}/.test(cell));
  const shown = `\`${(ambiguous ?? all[0] ?? "").slice(0, 40)}\`${ambiguous === undefined ? "" : ", whose day and month nobody can tell apart"}`;
  throw new CommandError(
    exitCode.invalid,
    `\`${file}\` has no column of times: give them as \`2026-11-01T10:00:00Z\` or in seconds since 1970, not ${shown}`,
  );
}

/** How much a column looks as if it were the time; 0 when it does not. A name weighs most, then dates, order, and size. */
function timeLikeness(name: string, cells: readonly string[]): number {
  const times = cells.map(timeOf).filter((ms) => !Number.isNaN(ms));
  if (cells.length === 0 || times.length < cells.length / 2) return 0;
  const isDate = cells.some((cell) => /^\d{4}[-/]|[a-z]/i.test(cell));
  const isOrdered = isSteady(times, 1) || isSteady(times, -1);
  const size = times.every(isRecent) ? 6 : 0;
  return (timeNames.has(name.toLowerCase()) ? 16 : 0) + (isDate ? 8 : 0) + (isOrdered ? orderedScore : 0) + size;
}

const orderedScore = 4;
const isRecent = (ms: number): boolean => ms > Date.UTC(2000) && ms < Date.UTC(2100);

/** Whether times go one way, and not all are the same. */
const isSteady = (times: readonly number[], sign: 1 | -1): boolean =>
  times[0] !== times.at(-1) && times.every((ms, i) => i === 0 || sign * (ms - (times[i - 1] ?? ms)) >= 0);

type Kind = "number" | "mixed" | "label" | "varied" | "time" | "empty";

function kindOf(cells: readonly string[], delimiter: string): Kind {
  if (cells.length === 0) return "empty";
  const share = (is: (cell: string) => boolean): number => cells.filter(is).length / cells.length;
  const numbers = share((cell) => isNumber(cell, delimiter));
  if (numbers >= 0.5) return "number";
  if (numbers >= mixedShare) return "mixed";
  if (share((cell) => !Number.isNaN(timeOf(cell))) >= 0.5) return "time";
  const different = new Set(cells).size;
  return different > fewTexts && different > variedShare * cells.length ? "varied" : "label";
}
