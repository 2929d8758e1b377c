import { basename } from "node:path";
import type { Command } from "commander";
import { seriesChart } from "./chart/series-chart.ts";
import { CommandError, exitCode } from "./exit.ts";
import { learnFromHistory } from "./learn-from-history.ts";
import { print, tell } from "./print.ts";
import { lookAtAll, type Looked } from "./look-at-series.ts";
import { readSeries } from "./read-series.ts";
import { withExamples } from "./with-connection.ts";
import { writePicture } from "./write-picture.ts";

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
    .option("--history <file>", "another such file of before, to learn what is usual from; nothing in it is told")
    .option("--json", "one JSON document on standard output")
    .action(detect);
  withExamples(command, "homeostat detect latency.csv", "homeostat detect latency.csv --svg latency.svg --json");
}

interface Options {
  readonly svg?: string;
  readonly score: string;
  readonly time?: string;
  readonly by?: string;
  readonly history?: string;
  readonly json?: boolean;
}

async function detect(file: string, options: Options): Promise<void> {
  const least = scoreIn(options);
  const wanted = wantedIn(options);
  const { series, unreadable, unreadableCount, ignored } = await readSeries(file, wanted);
  for (const column of ignored) tell(`not looked at: ${column}`);
  if (unreadableCount > 0)
    tell(`${unreadableCount} cells cannot be read and count as missing: ${unreadable.join("; ")}`);
  const past = options.history === undefined ? undefined : await readSeries(options.history, wanted);
  const known = past && learnFromHistory(past.series, series);
  const looked = lookAtAll(series, least, (name) => known?.get(name));
  const left = looked.flatMap((l) => Object.entries(l.refused));
  for (const [why, all] of Map.groupBy(left, ([reason]) => reason))
    tell(
      `${counted(
        all.reduce((sum, [, count]) => sum + count, 0),
        "point",
      )} left out: ${leftOut[why] ?? why}`,
    );
  if (options.svg !== undefined) await draw(options.svg, file, looked);
  const findings = looked.flatMap((l) => l.findings).toSorted((a, b) => a.atMs - b.atMs);
  const summary = looked.map(({ name, points, refused }) => ({ name, points, refused }));
  print(options.json ?? false, { file, series: summary, unreadable: unreadableCount, findings }, () => [
    ...findings.map((f) => `${new Date(f.atMs).toISOString()}  ${f.series}  ${f.score.toFixed(3)}  ${f.text}`),
    `${counted(findings.length, "finding")} in ${counted(
      looked.reduce((sum, l) => sum + l.points, 0),
      "point",
    )} of ${looked.length} series`,
    ...young(looked),
  ]);
}

function scoreIn({ score }: Options): number {
  const least = Number(score);
  if (score.trim() !== "" && least >= 0 && least <= 1) return least;
  throw new CommandError(exitCode.usage, `\`${score}\` is no score: give a number from 0 to 1`);
}

const wantedIn = ({ time, by }: Options) => ({
  ...(time === undefined ? {} : { time }),
  ...(by === undefined ? {} : { by: by.split(",").map((name) => name.trim()) }),
});

/** What people can do about points that are left out. */
const leftOut: Readonly<Record<string, string>> = {
  "not a number": "no number stands there",
  "not newer": "their series has one of that time already; if a column tells them apart, name it by `--by`",
};

const counted = (many: number, what: string): string => `${many.toLocaleString("en")} ${what}${many === 1 ? "" : "s"}`;

/** Points before the detector tells anything (I6: where it could not look, all is not well). */
const pointsMin = 100;

function young(looked: readonly Looked[]): string[] {
  const few = looked.filter((l) => l.points <= pointsMin).length;
  if (few === 0) return [];
  const what = few === looked.length ? "it" : `${few} of them`;
  return [
    `too short to tell what is usual: ${what} ${few > 1 && few < looked.length ? "have" : "has"} no more than ${pointsMin} points`,
  ];
}

async function draw(svg: string, file: string, looked: readonly Looked[]): Promise<void> {
  const series = looked
    .toSorted((a, b) => Number(b.findings.length > 0) - Number(a.findings.length > 0))
    .map(({ name, drawn, findings }) => ({
      title: name,
      points: drawn,
      marks: findings
        .toSorted((a, b) => b.score - a.score)
        .map((f) => ({ fromMs: f.sinceMs, toMs: f.untilMs, text: f.text, label: f.kind })),
    }));
  await writePicture(svg, seriesChart({ title: `What is unusual in ${basename(file)}`, series }));
}
