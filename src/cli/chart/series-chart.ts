/** One series as it is drawn: what was seen, and what would have been usual, where that is known. */
export interface ChartSeries {
  readonly title: string;
  readonly points: readonly ChartPoint[];
  readonly marks: readonly ChartMark[];
}

export interface ChartPoint {
  readonly atMs: number;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

/** A finding: from when to when it stood, and what it says. */
export interface ChartMark {
  readonly fromMs: number;
  readonly toMs: number;
  readonly text: string;
}

const width = 1_200;
const height = 220;
const pad = { left: 70, right: 16, top: 28, bottom: 26 } as const;
/** Columns a series is drawn in at most: of each the lowest and the highest point are kept, so that no spike is lost. */
const columns = 1_000;
const chartsMax = 50;
/** Larger numbers are not drawn: their differences could not be told. */
const drawnMax = 1e300;

/** A picture of series below each other, as a whole SVG document that needs nothing from elsewhere. */
export function seriesChart(all: readonly ChartSeries[]): string {
  const shown = all.slice(0, chartsMax);
  const rows = shown.map((series, i) => `<g transform="translate(0 ${i * height})">${row(series)}</g>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height * shown.length}" viewBox="0 0 ${width} ${height * shown.length}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...rows,
    `</svg>`,
    "",
  ].join("\n");
}

interface Scale {
  readonly x: (atMs: number) => number;
  readonly y: (value: number) => number;
}

function row({ title, points, marks }: ChartSeries): string {
  const finite = points.filter((p) => Math.abs(p.value) < drawnMax);
  const heading = `<text x="${pad.left}" y="16" fill="#111111">${escapeXml(title)}</text>`;
  if (finite.length === 0) return `${heading}<text x="${pad.left}" y="60" fill="#555555">no points</text>`;
  const range = rangeOf(finite);
  const scale = scaleOf(finite, range);
  return [
    heading,
    axes(finite, range),
    band(thin(finite), scale),
    ...marks.map((mark) => drawMark(mark, scale)),
    `<path d="${path(thin(finite), scale)}" fill="none" stroke="#1f4e9c" stroke-width="1.2"/>`,
  ].join("");
}

type Range = readonly [low: number, high: number];

/** What was usual counts too, but not where a band is so wide that the series would be a line at the bottom. */
function rangeOf(points: readonly ChartPoint[]): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const { value } of points) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const span = high - low || Math.abs(high) || 1;
  for (const p of points) {
    if (p.low !== undefined && p.low > low - span / 2 && p.low < drawnMax) low = Math.min(low, p.low);
    if (p.high !== undefined && p.high < high + span / 2 && p.high > -drawnMax) high = Math.max(high, p.high);
  }
  const room = Math.max(1, Math.abs(low) / 1_000);
  return low === high ? [low - room, high + room] : [low, high];
}

function scaleOf(points: readonly ChartPoint[], [low, high]: Range): Scale {
  const [fromMs, toMs] = [points[0]?.atMs ?? 0, points.at(-1)?.atMs ?? 1];
  const overMs = Math.max(1, toMs - fromMs);
  const clamp = (share: number): number => Math.min(1, Math.max(0, share));
  return {
    x: (atMs) => pad.left + clamp((atMs - fromMs) / overMs) * (width - pad.left - pad.right),
    y: (value) => height - pad.bottom - clamp((value - low) / (high - low)) * (height - pad.top - pad.bottom),
  };
}

/** The lowest and the highest point of each column, in their order. */
function thin(points: readonly ChartPoint[]): readonly ChartPoint[] {
  if (points.length <= 2 * columns) return points;
  const size = points.length / columns;
  return Array.from({ length: columns }, (_, i) =>
    points.slice(Math.floor(i * size), Math.floor((i + 1) * size)),
  ).flatMap((column) => {
    const byValue = column.toSorted((a, b) => a.value - b.value);
    const ends = [byValue[0], byValue.at(-1)].filter((p) => p !== undefined);
    return [...new Set(ends)].toSorted((a, b) => a.atMs - b.atMs);
  });
}

const at = (n: number): string => n.toFixed(1);
const path = (points: readonly ChartPoint[], { x, y }: Scale): string =>
  points.map((p, i) => `${i === 0 ? "M" : "L"}${at(x(p.atMs))} ${at(y(p.value))}`).join("");

function band(points: readonly ChartPoint[], { x, y }: Scale): string {
  const isKnown = (n: number | undefined): boolean => n !== undefined && Math.abs(n) < drawnMax;
  const known = points.filter((p) => isKnown(p.low) && isKnown(p.high));
  if (known.length < 2) return "";
  const upper = known.map((p) => `${at(x(p.atMs))} ${at(y(p.high ?? 0))}`);
  const lower = known.toReversed().map((p) => `${at(x(p.atMs))} ${at(y(p.low ?? 0))}`);
  return `<path d="M${[...upper, ...lower].join("L")}Z" fill="#d8e6f7"/>`;
}

function drawMark({ fromMs, toMs, text }: ChartMark, { x }: Scale): string {
  const left = x(fromMs);
  const wide = Math.max(2, x(toMs) - left);
  return `<g><title>${escapeXml(text)}</title><rect x="${at(left)}" y="${pad.top}" width="${at(wide)}" height="${height - pad.top - pad.bottom}" fill="#d62728" fill-opacity="0.25"/></g>`;
}

function axes(points: readonly ChartPoint[], [low, high]: Range): string {
  const bottom = height - pad.bottom;
  const time = (ms: number | undefined): string => new Date(ms ?? 0).toISOString().slice(0, 16).replace("T", " ");
  const label = (x: number, y: number, anchor: string, text: string): string =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#555555">${escapeXml(text)}</text>`;
  return [
    `<path d="M${pad.left} ${pad.top}V${bottom}H${width - pad.right}" fill="none" stroke="#999999"/>`,
    label(pad.left - 6, pad.top + 10, "end", amount(high)),
    label(pad.left - 6, bottom, "end", amount(low)),
    label(pad.left, bottom + 16, "start", time(points[0]?.atMs)),
    label(width - pad.right, bottom + 16, "end", time(points.at(-1)?.atMs)),
  ].join("");
}

const amount = (value: number): string => String(Number(value.toPrecision(4)));

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text of a file is data: what XML cannot hold is left out, what means something there is escaped (I9). */
export const escapeXml = (text: string): string =>
  text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "")
    .replaceAll(/[&<>"']/g, (c) => escapes[c] ?? c);
