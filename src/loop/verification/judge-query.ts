import { cutText } from "../../kernel/cut-text.ts";
import { formatDuration } from "../../kernel/duration.ts";
import type { QueryGate } from "../plan/runbook.ts";
import {
  labelText,
  momentsOf,
  type MetricPoint,
  type MetricSeries,
  type MetricWindow,
} from "../signal/metric-series.ts";
import type { Judgement } from "./judge.ts";

/** What came of asking for a gate's window: the series, and how many values were no number. */
export interface QueryAnswer {
  readonly series: readonly MetricSeries[];
  readonly unknown: number;
}

const shownMax = 120;

/**
 * Does every value hold at every moment of the window? One that does not fails it. Nothing at all, a moment nothing is known of
 * and a value that is no number are inconclusive, never well (B7, H2).
 */
export function judgeQuery(gate: QueryGate, window: MetricWindow, { series, unknown }: QueryAnswer): Judgement {
  const name = shownQuery(gate.query);
  const wanted = `expected ${gate.comparison} ${gate.threshold} for ${formatDuration(gate.forMs)}`;
  if (series.length === 0 && unknown === 0)
    return { verdict: "inconclusive", text: `${name} gives no value; ${wanted}` };
  for (const one of series) {
    const bad = one.points.findLast(({ value }) => !holds(gate, value));
    if (bad) return { verdict: "fail", text: `${name}${labelText(one)} is ${ago(bad, window)}, ${wanted}` };
  }
  const moments = momentsOf(window);
  const gap = series.find((s) => s.points.length < moments);
  if (unknown > 0 || !series[0]) return { verdict: "inconclusive", text: `${name} is no number at times; ${wanted}` };
  if (gap)
    return {
      verdict: "inconclusive",
      text: `${name}${labelText(gap)} is known at ${gap.points.length} of ${moments} moments; ${wanted}`,
    };
  const last = series[0].points.at(-1)?.value ?? Number.NaN;
  const others = series.length > 1 ? `, and so are ${series.length - 1} more` : "";
  return { verdict: "pass", text: `${name}${labelText(series[0])} is ${shown(last)}${others}, ${wanted}` };
}

export function holds({ comparison, threshold }: Pick<QueryGate, "comparison" | "threshold">, value: number): boolean {
  switch (comparison) {
    case "<":
      return value < threshold;
    case "<=":
      return value <= threshold;
    case ">":
      return value > threshold;
    case ">=":
      return value >= threshold;
  }
}

const ago = ({ atMs, value }: MetricPoint, { toMs }: MetricWindow): string =>
  atMs >= toMs ? shown(value) : `${shown(value)} ${formatDuration(toMs - atMs)} ago`;

const shown = (value: number): string => String(Number(value.toPrecision(4)));

/** A query as it is named to people: on one line, cut. */
export const shownQuery = (query: string): string => {
  const line = query.replaceAll(/\s+/g, " ").trim();
  return `\`${line.length > shownMax ? `${cutText(line, shownMax - 1)}…` : line}\``;
};
