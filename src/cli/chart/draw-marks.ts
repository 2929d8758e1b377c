import type { ChartMark } from "./chart-series.ts";
import { escapeXml, shortXml } from "./escape-xml.ts";
import { frame, type Scale } from "./frame.ts";

const at = (n: number): string => n.toFixed(1);
/** A mark is at least so wide, and its label has so much room for each letter. */
const widthMin = 4;
const letterWidth = 6.6;
const labelMax = 60;
/** Marks of one chart; labels stand in two rows above it, those that find no room are left to the pointer. */
export const marksMax = 200;
const labelRows = [frame.top - 6, frame.top - 20] as const;

/** What was found: a shaded time with a line at its beginning, a label above, and the whole text for the pointer and for readers. */
export function drawMarks(marks: readonly ChartMark[], scale: Scale): string {
  const free = labelRows.map(() => -Infinity);
  return marks
    .slice(0, marksMax)
    .toSorted((a, b) => a.fromMs - b.fromMs)
    .map((mark) => drawMark(mark, scale, free))
    .join("");
}

function drawMark({ fromMs, toMs, text, label, isWindow = false }: ChartMark, { x }: Scale, free: number[]): string {
  const left = x(fromMs);
  const wide = Math.max(widthMin, x(toMs) - left);
  const high = frame.height - frame.top - frame.bottom;
  const kind = isWindow ? "window" : "found";
  return [
    `<g class="${kind}" role="img" aria-label="${escapeXml(text)}"><title>${escapeXml(text)}</title>`,
    `<rect x="${at(left)}" y="${frame.top}" width="${at(wide)}" height="${high}"/>`,
    `<path d="M${at(left)} ${frame.top - 4}V${frame.top + high}"/>`,
    drawLabel(label, left, free),
    `</g>`,
  ].join("");
}

/** In the first row that is free there, within the picture. */
function drawLabel(label: string, left: number, free: number[]): string {
  const width = Math.min(labelMax, label.length) * letterWidth;
  const from = Math.min(left, frame.width - frame.right - width);
  const row = free.findIndex((until) => until <= from);
  if (row < 0) return "";
  free[row] = from + width + letterWidth;
  return `<text x="${at(from)}" y="${labelRows[row] ?? 0}">${shortXml(label, labelMax)}</text>`;
}
