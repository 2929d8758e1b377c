import { columnsOf, type Columns, type Wanted } from "./csv/columns.ts";
import { isNone, numberOf } from "./csv/number-of.ts";
import { bytesOf, tableOf, type Row, type Table } from "./csv/read-table.ts";
import { timeOf } from "./csv/time-of.ts";
import { CommandError, exitCode } from "./exit.ts";

/** One series of a file of numbers over time. A missing or unreadable number is NaN: unknown, not zero. */
export interface FileSeries {
  /** The column, and the labels that tell it from others of that column: `latency{host=web-1}`. */
  readonly name: string;
  /** The column the numbers stand in. */
  readonly column: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly atMs: readonly number[];
  readonly values: readonly number[];
}

export interface SeriesFile {
  readonly series: readonly FileSeries[];
  /** Where a cell could not be read: line and column, the first few of them. */
  readonly unreadable: readonly string[];
  readonly unreadableCount: number;
  /** Columns nothing was made of, with why. */
  readonly ignored: readonly string[];
}

const namedMax = 5;
/** More series than this a file has only by mistake (I11). */
const seriesMax = 10_000;

/**
 * Reads a CSV file of numbers over time (unpacked when it is gzip). The column of times is told by what stands in it and by its name; each
 * other column of numbers is a series, or several where columns of texts tell rows apart: `time,host,cpu` is one a host,
 * `time,name,value` one a name. Fails with the file and the line when it is no CSV file, has no times or no numbers.
 */
export async function readSeries(file: string, wanted: Wanted = {}): Promise<SeriesFile> {
  const bytes = await bytesOf(file);
  if (bytes === undefined) throw new CommandError(exitCode.notFound, `cannot read \`${file}\`: ENOENT`);
  return seriesOf(tableOf(file, bytes), wanted);
}

/** The same of a table that was read. */
export function seriesOf(table: Table, wanted: Wanted = {}): SeriesFile {
  const columns = columnsOf(table, wanted);
  const { named, miss, count } = createMisses();
  const rows = table.rows.slice(columns.from);
  const times = rows.map(({ line, cells }) => {
    const cell = cells[columns.time] ?? "";
    const atMs = timeOf(cell);
    if (Number.isNaN(atMs)) miss(line, columns.names[columns.time] ?? "", cell === "" ? "nothing" : cell);
    return atMs;
  });
  const timed = times.flatMap((atMs, i) => (Number.isNaN(atMs) ? [] : [i]));
  // Exports often come newest first.
  const order = timed.toSorted((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  const valueOf = (i: number, column: number): number => {
    const { line, cells } = rows[i] as Row;
    const cell = cells[column] ?? "";
    const value = numberOf(cell, table.delimiter);
    if (Number.isNaN(value) && !isNone(cell)) miss(line, columns.names[column] ?? "", cell);
    return value;
  };
  const series = groupsOf(table.file, columns, rows, order).flatMap(({ labels, own }) =>
    columns.values.map((column) => ({
      ...nameOf(columns, column, labels),
      labels,
      atMs: own.map((i) => times[i] ?? Number.NaN),
      values: own.map((i) => valueOf(i, column)),
    })),
  );
  const kept = series.filter((s) => s.values.some(Number.isFinite));
  if (kept.length === 0)
    throw new CommandError(
      exitCode.invalid,
      `\`${table.file}\` has no series: no column beside \`${columns.names[columns.time]}\` holds numbers${named.length > 0 ? `; ${named.join("; ")}` : ""}`,
    );
  return { series: kept, unreadable: named, unreadableCount: count(), ignored: columns.ignored };
}

function createMisses() {
  const named: string[] = [];
  let many = 0;
  const miss = (line: number, column: string, cell: string): void => {
    if (++many <= namedMax) named.push(`line ${line}, ${column}: \`${cell.slice(0, 40)}\``);
  };
  return { named, miss, count: () => many };
}

interface Group {
  readonly labels: Readonly<Record<string, string>>;
  readonly own: readonly number[];
}

/** Rows by their labels, in the order these come in; labels that never differ tell nothing. */
function groupsOf(file: string, { labels, names }: Columns, rows: readonly Row[], order: readonly number[]): Group[] {
  const cellOf = (i: number, column: number): string => rows[i]?.cells[column] ?? "";
  const telling = labels.filter((column) => order.some((i) => cellOf(i, column) !== cellOf(order[0] ?? 0, column)));
  const groups = Map.groupBy(order, (i) => JSON.stringify(telling.map((column) => cellOf(i, column))));
  if (groups.size > seriesMax)
    throw new CommandError(
      exitCode.invalid,
      `\`${file}\` has ${groups.size} series by ${telling.map((c) => `\`${names[c]}\``).join(", ")}: say by \`--by\` what tells them apart`,
    );
  return [...groups].map(([key, own]) => {
    const cells = JSON.parse(key) as string[];
    return { labels: Object.fromEntries(telling.map((column, i) => [names[column] ?? "", cells[i] ?? ""])), own };
  });
}

/** Labels that name what is measured, rather than where. */
const measureLabels: ReadonlySet<string> = new Set([
  "name",
  "metric",
  "__name__",
  "series",
  "measure",
  "measurement",
  "_measurement",
  "_field",
]);
/** Columns that say no more than that it is a number. */
const valueNames: ReadonlySet<string> = new Set(["value", "_value", "val", "v"]);

function nameOf(
  { names, values }: Columns,
  column: number,
  labels: Group["labels"],
): Pick<FileSeries, "name" | "column"> {
  const own = names[column] ?? "";
  const isMeasure = ([label]: readonly [string, string]): boolean => measureLabels.has(label.toLowerCase());
  const all = Object.entries(labels);
  const said = all.filter(isMeasure).map(([, value]) => value);
  const isPlain = valueNames.has(own.toLowerCase()) && values.length === 1;
  const of = said.length === 0 ? own : isPlain ? said.join(".") : `${said.join(".")}.${own}`;
  const where = all.filter((entry) => !isMeasure(entry)).map(([label, value]) => `${label}=${value}`);
  return { name: where.length === 0 ? of : `${of}{${where.join(",")}}`, column: of };
}
