import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One series of the Numenta Anomaly Benchmark: its rows, and the windows of them that are labelled, first and last row each. */
export interface NabSeries {
  readonly file: string;
  readonly times: readonly string[];
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  readonly windows: readonly NabWindow[];
}

export interface NabWindow {
  readonly first: number;
  readonly last: number;
}

/** Reads all series below `data`, with their windows from `combined_windows.json`. Throws on a file that is not as it should be. */
export function readCorpus(dataDir: string): NabSeries[] {
  const labels = JSON.parse(readFileSync(join(dataDir, "combined_windows.json"), "utf8")) as Record<
    string,
    [string, string][]
  >;
  const files = filesBelow(join(dataDir, "data"));
  const without = Object.keys(labels).filter((file) => !files.includes(file));
  if (without.length > 0)
    console.error(`${without.length} labelled series are not there: ${without.slice(0, 3).join(", ")}`);
  return files.map((file) => readSeries(dataDir, file, labels[file] ?? []));
}

const filesBelow = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".csv"))
    .toSorted();

function readSeries(dataDir: string, file: string, labels: readonly [string, string][]): NabSeries {
  const rows = readFileSync(join(dataDir, "data", file), "utf8")
    .trim()
    .split(/\r?\n/)
    .slice(1);
  const times = rows.map((row) => row.slice(0, row.indexOf(",")));
  const timesMs = Float64Array.from(times, timeOf);
  return {
    file,
    times,
    timesMs,
    values: Float64Array.from(rows, (row) => Number(row.slice(row.indexOf(",") + 1))),
    windows: labels.map(([from, to]) => windowOf(timesMs, timeOf(from), timeOf(to))),
  };
}

/** Times are written without a zone; they are taken for UTC. */
const timeOf = (text: string): number => Date.parse(`${text.replace(" ", "T")}Z`);

const windowOf = (timesMs: Float64Array, fromMs: number, toMs: number): NabWindow => ({
  first: timesMs.findIndex((ms) => ms >= fromMs),
  last: timesMs.findLastIndex((ms) => ms <= toMs),
});
