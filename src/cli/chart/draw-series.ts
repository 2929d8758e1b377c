import type { ChartPoint } from "./chart-series.ts";
import { drawnMax, type Scale } from "./frame.ts";

const at = (n: number): string => n.toFixed(1);

/** A gap of more than this many usual steps is not drawn over. */
const gapSteps = 3;

/** The line of a series, broken where points are missing; a point that stands alone is a dot. Takes points in order of time. */
export function drawLine(points: readonly ChartPoint[], { x, y }: Scale): string {
  const parts = stretches(points);
  const lines = parts
    .filter((part) => part.length > 1)
    .map((part) => `M${part.map((p) => `${at(x(p.atMs))} ${at(y(p.value))}`).join("L")}`);
  const dots = parts.filter((part) => part.length === 1).flat();
  return [
    `<path class="seen" d="${lines.join("")}"/>`,
    ...dots.map((p) => `<circle class="dot" cx="${at(x(p.atMs))}" cy="${at(y(p.value))}" r="2"/>`),
  ].join("");
}

/** What would have been usual, as an area: the same stretches. */
export function drawBand(points: readonly ChartPoint[], { x, y }: Scale): string {
  const isKnown = (n: number | undefined): boolean => n !== undefined && Math.abs(n) < drawnMax;
  const known = points.filter((p) => isKnown(p.low) && isKnown(p.high));
  const areas = stretches(known)
    .filter((part) => part.length > 1)
    .map((part) => {
      const upper = part.map((p) => `${at(x(p.atMs))} ${at(y(p.high ?? 0))}`);
      const lower = part.toReversed().map((p) => `${at(x(p.atMs))} ${at(y(p.low ?? 0))}`);
      return `M${[...upper, ...lower].join("L")}Z`;
    });
  return areas.length === 0 ? "" : `<path class="usual" d="${areas.join("")}"/>`;
}

function stretches(points: readonly ChartPoint[]): ChartPoint[][] {
  const steps = points.slice(1).map((p, i) => p.atMs - (points[i]?.atMs ?? 0));
  const usual = steps.toSorted((a, b) => a - b)[steps.length >> 1] ?? 0;
  const parts: ChartPoint[][] = [];
  for (const [i, point] of points.entries()) {
    const isNext = i > 0 && (steps[i - 1] ?? 0) <= gapSteps * usual;
    if (isNext) parts.at(-1)?.push(point);
    else parts.push([point]);
  }
  return parts;
}
