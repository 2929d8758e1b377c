import { learnHistory } from "../loop/detection/series/learn-history.ts";
import type { SeriesDetector } from "../loop/detection/series/series-detector.ts";
import { tell } from "./print.ts";
import type { FileSeries } from "./read-series.ts";

/**
 * Detectors that know the past of the series with the same names in another file, by name. Only what lies before a series' own first point
 * is learned, so that nothing is judged by what came later; what has no past starts without one. Both are told.
 */
export function learnFromHistory(
  past: readonly FileSeries[],
  series: readonly FileSeries[],
): Map<string, SeriesDetector> {
  const known = new Map<string, SeriesDetector>();
  const without: string[] = [];
  let late = 0;
  for (const { name, atMs } of series) {
    const from = past.find((p) => p.name === name);
    const own = from ? before(from, atMs[0] ?? Infinity) : { atMs: [], values: [] };
    late += (from?.atMs.length ?? 0) - own.atMs.length;
    if (own.atMs.length === 0) without.push(name);
    else known.set(name, learnHistory(own.atMs, own.values));
  }
  if (late > 0) tell(`${late} points of the history are left out: they are not before the first point of their series`);
  if (without.length > 0) tell(`no history: ${without.slice(0, namedMax).join(", ")}${more(without.length)}`);
  return known;
}

const namedMax = 10;
const more = (many: number): string => (many > namedMax ? ` and ${many - namedMax} more` : "");

function before({ atMs, values }: FileSeries, endMs: number): Pick<FileSeries, "atMs" | "values"> {
  const end = atMs.findIndex((at) => at >= endMs);
  return end < 0 ? { atMs, values } : { atMs: atMs.slice(0, end), values: values.slice(0, end) };
}
