import { resolve } from "node:path";
import type { Command } from "commander";
import { dateTime } from "../loop/detection/describe.ts";
import { rank } from "../loop/diagnosis/rank/rank.ts";
import type { Ranking, Suspect } from "../loop/diagnosis/rank/ranking.ts";
import type { Recording } from "../loop/diagnosis/rank/recording.ts";
import { seriesChart } from "./chart/series-chart.ts";
import { suspectSeries } from "./suspect-series.ts";
import { print, tell } from "./print.ts";
import { readBundle } from "./read-bundle.ts";
import { withExamples } from "./with-connection.ts";
import { writePicture } from "./write-picture.ts";

const shownMax = 5;

/** `diagnose`: where a fault may have started, from recorded files alone, by the ranking that is shipped. */
export function addDiagnose(program: Command): void {
  const command = program
    .command("diagnose")
    .argument(
      "<bundle>",
      "a folder with metrics.csv, calls.csv, spans.jsonl, logs.jsonl, changes.jsonl, incident.json; whatever is there",
    )
    .description("where a fault may have started, from files, with evidence for and against")
    .option("--svg <file>", "a picture of the first suspects' series and the time in question")
    .option("--json", "one JSON document on standard output")
    .action(async (bundle: string, options: { svg?: string; json?: boolean }) => {
      const { recording, notUnderstood } = await readBundle(resolve(bundle));
      for (const note of notUnderstood) tell(note);
      const ranking = rank(recording);
      if (options.svg !== undefined) await draw(options.svg, recording, ranking);
      print(options.json ?? false, { ...ranking, notUnderstood }, () => lines(ranking));
    });
  withExamples(command, "homeostat diagnose bundle", "homeostat diagnose bundle --svg bundle.svg --json");
}

function lines(ranking: Ranking): string[] {
  const { suspects, isCredible, fromMs, missing } = ranking;
  const shown = suspects.filter((s) => s.confidence >= 0.01).slice(0, shownMax);
  return [
    ...(fromMs === undefined ? [] : [`it began about ${new Date(fromMs).toISOString()}`]),
    ...(isCredible ? [] : [whyNot(ranking)]),
    ...shown.flatMap(suspectLines),
    ...(missing.length > 0 ? [`not there to look at: ${missing.join(", ")}`] : []),
  ];
}

/** That nothing could be looked at is no all-clear (B7). */
function whyNot({ suspects, nothingConfidence, fromMs }: Ranking): string {
  if (fromMs === undefined) return "cannot tell: it is not known when it began; give `from` in incident.json";
  if (suspects.every((s) => s.evidenceFor.length === 0 && s.evidenceAgainst.length === 0))
    return "cannot tell: nothing recorded can be compared with what was normal before it began";
  return `nothing credible: with ${percent(nothingConfidence)} none of these places is at fault`;
}

const suspectLines = (s: Suspect): string[] => [
  `${percent(s.confidence).padStart(4)}  ${s.place}${s.dimension ? ` (${s.dimension})` : ""}${s.sinceMs === undefined ? "" : `, since ${dateTime(s.sinceMs)}`}`,
  ...s.evidenceFor.map((e) => `        + ${e.text}`),
  ...s.evidenceAgainst.map((e) => `        - ${e.text}`),
];

const percent = (share: number): string => `${Math.round(share * 100)}%`;

async function draw(file: string, recording: Recording, ranking: Ranking): Promise<void> {
  const title = ranking.isCredible
    ? "Where it may have started, the likeliest first"
    : "Where nothing credible was found";
  const series = suspectSeries(recording, ranking);
  await writePicture(file, seriesChart({ title, series }));
}
