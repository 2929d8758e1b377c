import { describeSeries } from "../loop/detection/series/describe-series.ts";
import { expectedRange } from "../loop/detection/series/explain.ts";
import { lookForSilence } from "../loop/detection/series/look-for-silence.ts";
import { createSeriesDetector, type SeriesDetector } from "../loop/detection/series/series-detector.ts";
import type { SeriesExplanation } from "../loop/detection/series/series-score.ts";
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

/** Plays a series to the detector point by point, and asks for silence where points are missing and, at `endMs`, where they stop. */
export function lookAtSeries(
  { name, atMs, values }: FileSeries,
  endMs: number,
  least: number,
  detector = createSeriesDetector(),
): Looked {
  const findings: Found[] = [];
  const drawn: ChartPoint[] = [];
  const refused: Record<string, number> = {};
  const add = (at: number, { score, explanation }: { score: number; explanation: SeriesExplanation }): void => {
    if (score < least) return;
    findings.push({ series: name, atMs: at, untilMs: at, score, ...explanation, text: describeSeries(explanation) });
  };
  const tellSilence = (at: number): void => {
    const silence = lookForSilence(detector, at);
    if (silence) add(at, silence);
  };
  for (const [row, at] of atMs.entries()) {
    const value = values[row] ?? Number.NaN;
    if (Number.isFinite(value)) tellSilence(at);
    const usual = usualAt(detector, at);
    const judged = takePoint(detector, at, value);
    if (judged.refused === undefined) drawn.push({ atMs: at, value, ...usual });
    else refused[judged.refused] = (refused[judged.refused] ?? 0) + 1;
    if (judged.drift) add(at, judged.drift);
    if (judged.score > 0 && judged.explanation) add(at, { score: judged.score, explanation: judged.explanation });
    else if (judged.unusualness >= Math.max(least, Number.MIN_VALUE)) goesOn(findings, at);
  }
  tellSilence(endMs);
  return { name, points: drawn.length, refused, findings, drawn };
}

/** What would be usual, once something is known of it. */
function usualAt(detector: SeriesDetector, atMs: number): { low?: number; high?: number } {
  if (detector.usual.windows === 0) return {};
  const { low, high } = expectedRange(detector, atMs);
  return { low, high };
}

function goesOn(findings: readonly Found[], atMs: number): void {
  const last = findings.findLast((f) => f.kind !== "missing" && f.kind !== "drift");
  if (last) last.untilMs = atMs;
}
