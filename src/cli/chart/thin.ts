import type { ChartPoint } from "./chart-series.ts";

/** Columns a series is drawn in at most: of each the lowest and the highest point are kept, so that no spike is lost. */
const columns = 1_000;

/** The lowest and the highest point of each column, in their order. */
export function thin(points: readonly ChartPoint[]): readonly ChartPoint[] {
  if (points.length <= 2 * columns) return points;
  const size = points.length / columns;
  return Array.from({ length: columns }, (_, i) =>
    extremes(points, Math.floor(i * size), Math.floor((i + 1) * size)),
  ).flat();
}

function extremes(points: readonly ChartPoint[], from: number, to: number): ChartPoint[] {
  let [least, most] = [from, from];
  for (let i = from; i < to; i++) {
    if ((points[i]?.value ?? 0) < (points[least]?.value ?? 0)) least = i;
    if ((points[i]?.value ?? 0) > (points[most]?.value ?? 0)) most = i;
  }
  return [...new Set([least, most])].toSorted((a, b) => a - b).flatMap((i) => points[i] ?? []);
}
