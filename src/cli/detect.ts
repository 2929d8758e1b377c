import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { describeSeries } from "../loop/detection/series/describe-series.ts";
import { expectedRange } from "../loop/detection/series/explain.ts";
import { createSeriesDetector } from "../loop/detection/series/series-detector.ts";
import type { SeriesExplanation } from "../loop/detection/series/series-score.ts";
import { takePoint } from "../loop/detection/series/take-point.ts";
import { seriesChart, type ChartPoint } from "./chart/series-chart.ts";
import { CommandError, exitCode } from "./exit.ts";
import { print, tell } from "./print.ts";
import { readSeries, type FileSeries } from "./read-series.ts";
import { withExamples } from "./with-connection.ts";

interface Found extends SeriesExplanation {
  readonly series: string;
  readonly atMs: number;
  readonly score: number;
  readonly text: string;
}

interface Looked {
  readonly name: string;
  readonly points: number;
  /** Points left out, by why. */
  readonly refused: Readonly<Record<string, number>>;
  readonly findings: readonly Found[];
  readonly drawn: readonly ChartPoint[];
}

/** `detect`: what is unusual in a file of numbers, by the detector that runs in `up` and as it would have said it at the time. */
export function addDetect(program: Command): void {
  const command = program
    .command("detect")
    .argument("<file>", "CSV: a column of times, one or more of numbers, and texts that tell series apart; .gz too")
    .description("what is unusual in a file of numbers over time, as it would have been said at the time")
    .option("--svg <file>", "a picture of each series, what would have been usual, and the findings")
    .option("--score <n>", "findings from this score on, 0 to 1", "0.5")
    .option("--time <column>", "the column of times, where the wrong one is taken for it")
    .option("--by <columns>", "columns that tell series apart, parted by commas, where texts alone do not")
    .option("--json", "one JSON document on standard output")
    .action(detect);
  withExamples(command, "homeostat detect latency.csv", "homeostat detect latency.csv --svg latency.svg --json");
}

interface Options {
  readonly svg?: string;
  readonly score: string;
  readonly time?: string;
  readonly by?: string;
  readonly json?: boolean;
}

async function detect(file: string, options: Options): Promise<void> {
  const least = Number(options.score);
  if (!(least >= 0 && least <= 1))
    throw new CommandError(exitCode.usage, `\`${options.score}\` is no score: give a number from 0 to 1`);
  const { series, unreadable, unreadableCount, ignored } = await readSeries(file, {
    ...(options.time === undefined ? {} : { time: options.time }),
    ...(options.by === undefined ? {} : { by: options.by.split(",").map((name) => name.trim()) }),
  });
  for (const column of ignored) tell(`not looked at: ${column}`);
  if (unreadableCount > 0)
    tell(`${unreadableCount} cells cannot be read and count as missing: ${unreadable.join("; ")}`);
  const looked = series.map((s) => look(s, least));
  const left = looked.flatMap((l) => Object.entries(l.refused));
  for (const [why, all] of Map.groupBy(left, ([reason]) => reason))
    tell(`${all.reduce((sum, [, count]) => sum + count, 0)} points are left out: ${leftOut[why] ?? why}`);
  if (options.svg !== undefined) await draw(options.svg, looked);
  const findings = looked.flatMap((l) => l.findings).toSorted((a, b) => a.atMs - b.atMs);
  const summary = looked.map(({ name, points, refused }) => ({ name, points, refused }));
  print(options.json ?? false, { file, series: summary, unreadable: unreadableCount, findings }, () => [
    ...findings.map((f) => `${new Date(f.atMs).toISOString()}  ${f.series}  ${f.score.toFixed(3)}  ${f.text}`),
    `${findings.length} findings in ${looked.reduce((sum, l) => sum + l.points, 0)} points of ${looked.length} series`,
  ]);
}

/** What people can do about points that are left out. */
const leftOut: Readonly<Record<string, string>> = {
  "not a number": "no number stands there",
  "not newer": "their series has one of that time already; if a column tells them apart, name it by `--by`",
};

function look({ name, atMs, values }: FileSeries, least: number): Looked {
  const detector = createSeriesDetector();
  const findings: Found[] = [];
  const drawn: ChartPoint[] = [];
  const refused: Record<string, number> = {};
  for (const [row, at] of atMs.entries()) {
    const value = values[row] ?? Number.NaN;
    const { low, high } = expectedRange(detector, at);
    const known = detector.usual.windows > 0;
    const judged = takePoint(detector, at, value);
    if (judged.refused !== undefined) refused[judged.refused] = (refused[judged.refused] ?? 0) + 1;
    else drawn.push({ atMs: at, value, ...(known ? { low, high } : {}) });
    if (judged.score < least || !judged.explanation) continue;
    findings.push({
      series: name,
      atMs: at,
      score: judged.score,
      ...judged.explanation,
      text: describeSeries(judged.explanation),
    });
  }
  return { name, points: drawn.length, refused, findings, drawn };
}

async function draw(file: string, looked: readonly Looked[]): Promise<void> {
  const charts = looked.map(({ name, drawn, findings }) => ({
    title: name,
    points: drawn,
    marks: findings.map((f) => ({ fromMs: f.sinceMs, toMs: f.atMs, text: f.text })),
  }));
  await writeFile(file, seriesChart(charts)).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(exitCode.failed, `cannot write \`${file}\`: ${error.code ?? error.message}`);
  });
}
