import { escapeXml } from "./escape-xml.ts";
import { frame, type Scale } from "./frame.ts";
import { amount, amountTicks, timeTicks } from "./ticks.ts";

const valueTicks = 4;
const timeTicksMax = 10;
const at = (n: number): string => n.toFixed(1);

/** Both axes with round numbers and times, and faint lines to follow them. */
export function drawAxes(scale: Scale, unit: string | undefined): string {
  const bottom = frame.height - frame.bottom;
  const right = frame.width - frame.right;
  const values = amountTicks(scale.low, scale.high, valueTicks).map((value) => {
    const y = at(scale.y(value));
    return `<path class="grid" d="M${frame.left} ${y}H${right}"/><text class="tick" x="${frame.left - 8}" y="${y}" dy="4" text-anchor="end">${escapeXml(amount(value))}</text>`;
  });
  const times = timeTicks(scale.fromMs, scale.toMs, timeTicksMax).map(({ atMs, text }) => {
    const x = scale.x(atMs);
    const anchor = x > right - 50 ? "end" : x < frame.left + 50 ? "start" : "middle";
    return `<path class="axis" d="M${at(x)} ${bottom}v4"/><text class="tick" x="${at(x)}" y="${bottom + 17}" text-anchor="${anchor}">${escapeXml(text)}</text>`;
  });
  return [
    ...values,
    ...times,
    `<path class="axis" d="M${frame.left} ${frame.top}V${bottom}H${right}"/>`,
    `<text class="tick" x="${right}" y="${bottom + 32}" text-anchor="end">time, UTC</text>`,
    unit === undefined
      ? ""
      : `<text class="tick" x="${frame.left - 8}" y="${frame.top - 6}" text-anchor="end">${escapeXml(unit)}</text>`,
  ].join("");
}
