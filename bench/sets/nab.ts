import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createSeriesDetector } from "../../src/loop/detection/series/series-detector.ts";
import { takePoint } from "../../src/loop/detection/series/take-point.ts";
import { readCorpus, type NabSeries } from "./nab-corpus.ts";
import { nabProfiles, normalize, scoreSeries } from "./nab-score.ts";
import { playSet, type SetAnswer } from "./play-set.ts";

type Profile = keyof typeof nabProfiles;
const profiles = Object.keys(nabProfiles) as Profile[];

/** Scores that count as a detection: constants, never fitted to the folder at hand. */
const thresholds: Readonly<Record<Profile, number>> = { standard: 0.02, lowFP: 0.02, lowFN: 0.02 };

await playSet("nab", (dataDir, dumpDir) => Promise.resolve(playNab(dataDir, dumpDir)));

/** Plays every series to a new detector, one row after the other, and scores what it said. */
function playNab(dataDir: string, dumpDir: string | undefined): SetAnswer {
  const corpus = readCorpus(dataDir);
  const played = corpus.map((series) => ({ series, scores: play(series) }));
  if (dumpDir !== undefined) for (const { series, scores } of played) dump(dumpDir, series, scores);
  const cases = played.map(({ series, scores }) => caseOf(series, scores));
  const windows = corpus.reduce((n, series) => n + series.windows.length, 0);
  const total = (profile: Profile): number =>
    normalize(
      cases.reduce((sum, one) => sum + one[profile], 0),
      windows,
      nabProfiles[profile],
    );
  return { scores: Object.fromEntries(profiles.map((profile) => [profile, total(profile)])), cases };
}

function play({ timesMs, values }: NabSeries): Float64Array {
  const detector = createSeriesDetector();
  return values.map((value, row) => takePoint(detector, timesMs[row] as number, value).score);
}

function caseOf({ file, windows, values }: NabSeries, scores: Float64Array) {
  const of = (profile: Profile): number =>
    scoreSeries(
      Array.from(scores, (score) => score >= thresholds[profile]),
      windows,
      nabProfiles[profile],
    );
  const each = { standard: of("standard"), lowFP: of("lowFP"), lowFN: of("lowFN") };
  return { file, rows: values.length, windows: windows.length, ...each };
}

function dump(dumpDir: string, { file, times, values }: NabSeries, scores: Float64Array): void {
  const path = join(dumpDir, file);
  mkdirSync(dirname(path), { recursive: true });
  const rows = times.map((time, row) => `${time},${values[row]},${scores[row]}`);
  writeFileSync(path, `timestamp,value,score\n${rows.join("\n")}\n`);
}
