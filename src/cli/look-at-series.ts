import { describeSeries } from "../loop/detection/series/describe-series.ts";
import { expectedRange } from "../loop/detection/series/explain.ts";
import { lookForSilence } from "../loop/detection/series/look-for-silence.ts";
import { createSeriesDetector, type SeriesDetector } from "../loop/detection/series/series-detector.ts";
import type { SeriesExplanation, SeriesScore } from "../loop/detection/series/series-score.ts";
import { takePoint } from "../loop/detection/series/take-point.ts";
import type { ChartPoint } from "./chart/chart-series.ts";
import type { FileSeries } from "./read-series.ts";

/** Something unusual in a series of a file. */
export interface Found extends SeriesExplanation {
  readonly series: string;
  /** When it would have been told. */
  readonly atMs: number;
  /** The last point at which it still showed. */
  untilMs: number;
  readonly score: number;
  readonly text: string;
}

export interface Looked {
  readonly name: string;
  readonly points: number;
  /** Points left out, by why. */
  readonly refused: Readonly<Record<string, number>>;
  readonly findings: readonly Found[];
  readonly drawn: readonly ChartPoint[];
}

/** Looks at each series, and at the end of all asks which of them fell silent before. */
export function lookAtAll(
  series: readonly FileSeries[],
  least: number,
  detectorOf: (name: string) => SeriesDetector | undefined,
): Looked[] {
  const open = series.map((s) => lookAtSeries(s, least, detectorOf(s.name)));
  // By the last points that were taken: one with a wrong time far ahead is no end.
  const endMs = open.reduce((end, { lastMs }) => Math.max(end, lastMs), -Infinity);
  return open.map(({ end }) => end(endMs));
}

/** Plays a series to the detector point by point, and asks for silence where points are missing and, at its `end`, where they stop. */
function lookAtSeries(
  { name, atMs, values }: FileSeries,
  least: number,
  detector = createSeriesDetector(),
): { readonly lastMs: number; end(endMs: number): Looked } {
  const findings: Found[] = [];
  const drawn: ChartPoint[] = [];
  const refused: Record<string, number> = {};
  const stretch = createStretch();
  const add = (at: number, { score, explanation }: Told): Found | undefined => {
    if (score < least) return undefined;
    const found = { series: name, atMs: at, untilMs: at, score, ...explanation, text: describeSeries(explanation) };
    findings.push(found);
    return found;
  };
  for (const [row, at] of atMs.entries()) {
    const value = values[row] ?? Number.NaN;
    const silence = Number.isFinite(value) ? lookForSilence(detector, at) : undefined;
    const usual = usualAt(detector, at);
    const judged = takePoint(detector, at, value);
    if (judged.refused !== undefined) {
      refused[judged.refused] = (refused[judged.refused] ?? 0) + 1;
      continue;
    }
    if (silence) add(at, silence);
    drawn.push({ atMs: at, value, ...usual });
    if (judged.drift) add(at, judged.drift);
    const { unusualness, explanation } = judged;
    if (explanation && unusualness >= Math.max(least, Number.MIN_VALUE))
      stretch.take(at, { ...judged, explanation }, add);
    else stretch.usual();
  }
  const end = (endMs: number): Looked => {
    const silence = lookForSilence(detector, endMs);
    if (silence) add(endMs, silence);
    return { name, points: drawn.length, refused, findings, drawn };
  };
  return { lastMs: detector.clock.lastMs, end };
}

interface Told {
  readonly score: number;
  readonly explanation: SeriesExplanation;
}

/** After so many points as usual what is unusual is another finding. */
const quietPoints = 60;

/**
 * What is unusual in a row is one finding, from the first point at which it is unusual enough to be told, however it crept up to that. What
 * the detector itself tells again because it became far rarer is another one. A spike that stays is a shift.
 */
function createStretch() {
  let current: Found | undefined;
  let quiet = 0;
  return {
    take(
      atMs: number,
      { score, unusualness, explanation }: SeriesScore & { readonly explanation: SeriesExplanation },
      add: (atMs: number, told: Told) => Found | undefined,
    ): void {
      quiet = 0;
      const isOver = current !== undefined && explanation.sinceMs > current.untilMs;
      if (current === undefined || isOver || score > 0) current = add(atMs, { score: unusualness, explanation });
      else if (explanation.kind === "level shift" && isSudden.has(current.kind))
        Object.assign(current, { kind: explanation.kind, text: `${current.text}; it lasted` });
      if (current) current.untilMs = atMs;
    },
    usual(): void {
      if (++quiet > quietPoints) current = undefined;
    },
  };
}

const isSudden: ReadonlySet<string> = new Set(["spike", "drop"]);

/** What would be usual, once something is known of it. */
function usualAt(detector: SeriesDetector, atMs: number): { low?: number; high?: number } {
  if (detector.usual.windows === 0) return {};
  const { low, high } = expectedRange(detector, atMs);
  return { low, high };
}
