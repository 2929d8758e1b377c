import type { Recording } from "./recording.ts";
import { cut, isPast, type Timeline } from "./timeline.ts";

/** What was not there to look at, so that nobody takes silence for health. */
export function missing(recording: Recording, at: Timeline): string[] {
  const { series, spans, logs, calls, changes, symptoms = [] } = recording;
  const checks: readonly (readonly [boolean, string])[] = [
    [series.length === 0, "no metrics"],
    [series.some((s) => isYoung(s, at)), "no history of some metrics"],
    [spans.length === 0, "no traces"],
    [spans.length > 0 && !spans.some((s) => isPast(at, s.startMs)), "no traces from before"],
    [logs.length === 0, "no logs"],
    [logs.length > 0 && !logs.some((l) => isPast(at, l.timeMs)), "no logs from before"],
    [calls.length === 0 && spans.length === 0, "no calls known"],
    [changes.length === 0, "no changes"],
    [symptoms.length === 0, "no symptoms told"],
  ];
  return checks.filter(([isMissing]) => isMissing).map(([, text]) => text);
}

const isYoung = (series: Recording["series"][number], at: Timeline): boolean => {
  const { past, now } = cut(at, series);
  return past.length === 0 && now.length > 0;
};
