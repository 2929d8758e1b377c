import type { ChartSeries } from "./chart-series.ts";
import { drawAxes } from "./draw-axes.ts";
import { drawMarks, marksMax } from "./draw-marks.ts";
import { drawBand, drawLine } from "./draw-series.ts";
import { escapeXml, shortXml } from "./escape-xml.ts";
import { drawnMax, frame, scaleOf, spanOf, type Span } from "./frame.ts";
import { chartStyle } from "./style.ts";
import { thin } from "./thin.ts";
import { amount } from "./ticks.ts";

/** Series in one picture, and letters of a title (I11). */
const chartsMax = 50;
const titleMax = 140;
const head = 64;

/** What a picture shows. */
export interface Chart {
  readonly title: string;
  readonly series: readonly ChartSeries[];
}

/**
 * A picture of series below each other, as a whole SVG document that needs nothing from elsewhere: light or dark as its reader has it, with all it
 * shows also as text. Points of a series come in order of time. Of more than 50 series the first are drawn, and it says so.
 */
export function seriesChart({ title, series }: Chart): string {
  const shown = series.slice(0, chartsMax);
  const height = head + frame.height * Math.max(1, shown.length);
  const left = series.length - shown.length;
  const span = spanOf(shown.map((s) => s.points));
  const note = left > 0 ? `the first ${shown.length} of ${series.length} series` : "";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${frame.width}" height="${height}" viewBox="0 0 ${frame.width} ${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${shortXml(title, titleMax)}</title>`,
    `<desc id="description">${shortXml(description(series), 2_000)}</desc>`,
    `<style>${chartStyle}</style>`,
    `<rect class="ground" width="100%" height="100%"/>`,
    `<text class="head" x="${frame.left}" y="28">${shortXml(title, titleMax)}</text>`,
    legend(shown, note),
    ...shown.map((one, i) => `<g transform="translate(0 ${head + i * frame.height})">${row(one, span)}</g>`),
    `</svg>`,
    "",
  ].join("\n");
}

/** What a reader that sees nothing is told. */
function description(series: readonly ChartSeries[]): string {
  const told = series.map(({ title, marks }) => {
    const found = marks.filter((m) => !m.isWindow);
    return `${title}: ${found.length === 0 ? "nothing found" : found.map((m) => m.text).join("; ")}`;
  });
  return `${series.length} series over time. ${told.join(". ")}`;
}

/** What the lines and areas are, of those that there are. */
function legend(series: readonly ChartSeries[], note: string): string {
  const marks = series.flatMap((s) => s.marks);
  const hasBand = series.some((s) => s.points.some((p) => p.low !== undefined));
  const entries = [
    [`<path class="seen" d="M0 -4H22"/>`, "what was seen"],
    ...(hasBand ? [[`<rect class="usual" y="-10" width="22" height="12"/>`, "what was to be expected"]] : []),
    ...(marks.some((m) => !m.isWindow)
      ? [[`<g class="found"><rect y="-11" width="22" height="14"/><path d="M0 -11V3"/></g>`, "what is unusual"]]
      : []),
    ...(marks.some((m) => m.isWindow)
      ? [[`<g class="window"><rect y="-11" width="22" height="14"/><path d="M0 -11V3"/></g>`, "the time in question"]]
      : []),
  ] as const;
  const drawn = entries.map(
    ([sign, text], i) =>
      `<g transform="translate(${frame.left + i * 190} 52)">${sign}<text class="tick" x="30">${text}</text></g>`,
  );
  return `${drawn.join("")}<text class="tick" x="${frame.width - frame.right}" y="52" text-anchor="end">${note}</text>`;
}

function row({ title, points, marks, unit }: ChartSeries, span: Span): string {
  const finite = points.filter((p) => Math.abs(p.value) < drawnMax);
  const many = marks.length > marksMax ? ` (the first ${marksMax} of ${marks.length} findings, the most telling)` : "";
  const heading = (range: string): string =>
    `<text class="name" x="${frame.left}" y="24">${shortXml(title, titleMax)}<tspan class="tick" dx="12">${escapeXml(`${range}${many}`)}</tspan></text>`;
  if (finite.length === 0) return heading("no points");
  const scale = scaleOf(finite, span);
  const drawn = thin(finite);
  const least = finite.reduce((a, p) => Math.min(a, p.value), Infinity);
  const most = finite.reduce((a, p) => Math.max(a, p.value), -Infinity);
  return [
    heading(`${amount(least)} to ${amount(most)}`),
    drawBand(drawn, scale),
    drawAxes(scale, unit),
    drawMarks(marks, scale),
    drawLine(drawn, scale),
  ].join("");
}
