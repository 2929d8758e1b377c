import type { Finding } from "./finding.ts";

/** One plain sentence: what, seen, usual, since when. */
export function describe(f: Omit<Finding, "summary">): string {
  const who = f.edge ? `calls from ${f.edge.from} to ${f.edge.to}` : f.service;
  const since = `since ${clock(f.sinceMs)}`;
  if (f.state === "cleared") return `${who}: ${wordOf(f)} back to ${amount(f, f.observed)}, was unusual ${since}`;
  return `${who}: ${wordOf(f)} ${amount(f, f.observed)}, ${usual(f)}, ${since}`;
}

const wordOf = (f: Pick<Finding, "dimension">): string =>
  f.dimension === "errors"
    ? "failing"
    : f.dimension === "duration"
      ? "p95"
      : f.dimension === "rate"
        ? "traffic"
        : f.dimension;

const usual = ({ expected, ...f }: Omit<Finding, "summary">): string => {
  if (!expected) return "no baseline yet";
  const limit = f.direction === "below" ? `at least ${amount(f, expected.low)}` : `at most ${amount(f, expected.high)}`;
  return `usually ${amount(f, expected.mid)} (${limit})`;
};

const amount = ({ unit }: Pick<Finding, "unit">, value: number): string => amountOf(unit, value);

export function amountOf(unit: string, value: number): string {
  if (unit === "share") return `${(value * 100).toFixed(value < 0.1 ? 1 : 0)}%`;
  if (unit === "ms") return `${Math.round(value)} ms`;
  return `${value.toFixed(1)} ${unit}`;
}

/** Time of day in UTC: `14:03:25Z`. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000) % 86_400;
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}Z`;
}

/**
 * The finding as the wall clock tells it, from one in own time. A summary names one time, that since which it is so, by these words.
 */
export function inWallTime(f: Finding, wall: (ownMs: number) => number): Finding {
  const sinceMs = wall(f.sinceMs);
  if (sinceMs === f.sinceMs) return f;
  const summary = f.summary.replace(`since ${clock(f.sinceMs)}`, () => `since ${clock(sinceMs)}`);
  return { ...f, sinceMs, atMs: wall(f.atMs), summary };
}

const two = (n: number): string => String(Math.floor(n)).padStart(2, "0");

/** Date and time of day in UTC: `2026-11-25 14:03:25Z`. */
// oxlint-disable-next-line no-restricted-globals -- a form of a time that is given, not the clock
export const dateTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
