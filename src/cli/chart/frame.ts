import type { ChartPoint } from "./chart-series.ts";

/** Sizes of one chart, in pixels. */
export const frame = { width: 1_200, height: 280, left: 84, right: 24, top: 62, bottom: 38 } as const;

/** Larger numbers are not drawn: their differences could not be told. */
export const drawnMax = 1e300;

export interface Scale {
  readonly x: (atMs: number) => number;
  readonly y: (value: number) => number;
  readonly low: number;
  readonly high: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The time that a picture is of. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From the first point of any series to the last, so that one which stops is seen to. */
export function spanOf(series: readonly (readonly ChartPoint[])[]): Span {
  const ends = series.flatMap((points) => [points[0], points.at(-1)]).flatMap((p) => (p ? [p.atMs] : []));
  return {
    fromMs: ends.reduce((a, b) => Math.min(a, b), Infinity),
    toMs: ends.reduce((a, b) => Math.max(a, b), -Infinity),
  };
}

/** Where times and values of a series stand. Takes points in order of time, one at least, with finite values. */
export function scaleOf(points: readonly ChartPoint[], { fromMs, toMs }: Span): Scale {
  const [low, high] = rangeOf(points);
  const overMs = Math.max(1, toMs - fromMs);
  const clamp = (share: number): number => Math.min(1, Math.max(0, share));
  const { width, height, left, right, top, bottom } = frame;
  return {
    x: (atMs) => left + clamp((atMs - fromMs) / overMs) * (width - left - right),
    y: (value) => height - bottom - clamp((value - low) / (high - low)) * (height - top - bottom),
    low,
    high,
    fromMs,
    toMs: fromMs + overMs,
  };
}

/** What was usual counts too, but not where a band is so wide that the series would be a line at the bottom. */
function rangeOf(points: readonly ChartPoint[]): readonly [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { value } of points) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const span = high - low || Math.abs(high) || 1;
  const [least, most] = [low - span / 2, high + span / 2];
  for (const p of points) {
    if (p.low !== undefined && p.low > least && p.low < drawnMax) low = Math.min(low, p.low);
    if (p.high !== undefined && p.high < most && p.high > -drawnMax) high = Math.max(high, p.high);
  }
  const room = low === high ? Math.max(1, Math.abs(low) / 1_000) : (high - low) * 0.04;
  return [low - room, high + room];
}
