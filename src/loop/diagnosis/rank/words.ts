/** Three digits are enough to see how far something went: `1,760`, `0.0213`, `1.7e+15`. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e12)) return value.toPrecision(2);
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 8 });
}

/** Larger ratios say no more than that it is another thing altogether. */
const timesMax = 1_000;

/** How many times as much one is as the other: `45 times as much`, `over 1,000 times as much`, `a third`; empty where that says nothing. */
export function timesAs(now: number, before: number): string {
  const ratio = now / before;
  if (!(ratio > 0) || !Number.isFinite(ratio)) return "";
  if (ratio >= timesMax) return `over ${timesMax.toLocaleString("en")} times as much`;
  if (ratio >= 1.5) return `${Number(ratio.toPrecision(2))} times as much`;
  if (ratio > 2 / 3) return "";
  return ratio < 0.01 ? "less than 1% of it" : `${Math.round(ratio * 100)}% of it`;
}

/** A share in percent that calls nothing 0% or 100% that is not. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return "less than 1%";
  if (share < 1 && share > 0.99) return "over 99%";
  return `${Math.round(share * 100)}%`;
}

/** A count of things, which may be fractions of them. */
export const whole = (many: number): string => (many > 0 && many < 1 ? "1" : Math.round(many).toLocaleString("en"));

/** Time that passed, in the largest unit that fits: `40 s`, `12 min`, `3 h`. */
export function lasting(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1_000) return `${figure(ms)} ms`;
  if (size < 120_000) return `${figure(ms / 1_000)} s`;
  return size < 7_200_000 ? `${figure(ms / 60_000)} min` : `${figure(ms / 3_600_000)} h`;
}

/** Text of a recording, no longer than people read. */
export const shortened = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1)}…`;
