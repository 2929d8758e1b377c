import type { Ranking, Suspect } from "../loop/diagnosis/rank/ranking.ts";
import type { Recording, Series } from "../loop/diagnosis/rank/recording.ts";
import type { ChartMark, ChartSeries } from "./chart/chart-series.ts";

/** Series drawn of each of the first suspects (I11). */
const placesMax = 3;
const eachMax = 6;
const confidenceMin = 0.01;
/** Points before it began that tell what was usual, at least. */
const pastMin = 4;
/** Of what was before, this share lies within what is drawn as usual. */
const usualShare = 0.95;

/** What there is to see of the likeliest places: their series, what was usual before it began, and what moved, by what speaks for them. */
export function suspectSeries(recording: Recording, { suspects, fromMs }: Ranking): ChartSeries[] {
  const likely = suspects.filter((s, i) => i === 0 || s.confidence >= confidenceMin).slice(0, placesMax);
  return likely.flatMap((suspect) =>
    recording.series
      .filter((s) => s.place === suspect.place)
      .toSorted((a, b) => placeAmong(suspect, a) - placeAmong(suspect, b))
      .slice(0, eachMax)
      .map((s) => chartOf(s, suspect, recording.window.toMs, fromMs)),
  );
}

const isAbout = ({ dimension }: Series, text: string): boolean => text.startsWith(`${dimension}: `);

/** What speaks for a place first, the weightiest before the others. */
function placeAmong({ evidenceFor }: Suspect, series: Series): number {
  const place = evidenceFor.findIndex((e) => isAbout(series, e.text));
  return place < 0 ? evidenceFor.length : place;
}

function chartOf(series: Series, suspect: Suspect, toMs: number, fromMs?: number): ChartSeries {
  const { place, dimension, timesMs, values } = series;
  const points = timesMs
    .map((atMs, i) => ({ atMs, value: values[i] ?? Number.NaN }))
    .toSorted((a, b) => a.atMs - b.atMs);
  const title = `${place}: ${dimension}`;
  if (fromMs === undefined) return { title, points, marks: [] };
  const usual = usualOf(points.filter((p) => p.atMs < fromMs).map((p) => p.value));
  const question: ChartMark = { fromMs, toMs, text: "the time in question", label: "in question", isWindow: true };
  const said = suspect.evidenceFor.find((e) => isAbout(series, e.text))?.text;
  const since = dimension === suspect.dimension ? (suspect.sinceMs ?? fromMs) : fromMs;
  const moved =
    said === undefined ? [] : [{ fromMs: since, toMs, text: said, label: said.slice(dimension.length + 2) }];
  return { title, points: points.map((p) => ({ ...p, ...usual })), marks: said === undefined ? [question] : moved };
}

/** Between which values most of what was before lies. */
function usualOf(past: readonly number[]): { low?: number; high?: number } {
  const sorted = past.filter(Number.isFinite).toSorted((a, b) => a - b);
  if (sorted.length < pastMin) return {};
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { low: at((1 - usualShare) / 2), high: at((1 + usualShare) / 2) };
}
