import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { MetricSignal } from "../../src/loop/signal/signal.ts";
import { readCorpus, type NabSeries } from "./nab-corpus.ts";
import { environment, type Replay, type Said } from "./noise-part.ts";

const t0 = 1_700_000_000_000;
/** Rows of labelled windows are left out, and the gap closed, so that this much lies between what was before and what came after. */
const joinMs = 300_000;

/** What lies outside labelled windows, a folder's series as the streams of one service, all begun at one time. */
export function nabReplays(dataDir: string): Replay[] {
  if (!existsSync(dataDir)) return [];
  const folders = Map.groupBy(readCorpus(dataDir), (series) => dirname(series.file));
  return [...folders].map(([folder, all]) => ({
    name: `nab/${folder}`,
    calls: [],
    streams: all.length,
    said: () => said(folder, all),
  }));
}

function* said(service: string, all: readonly NabSeries[]): Generator<Said> {
  const points = all.flatMap((series) => usualOf(service, series)).toSorted((a, b) => a.timeMs - b.timeMs);
  for (const [timeMs, signals] of Map.groupBy(points, (p) => p.timeMs)) yield { atMs: timeMs, signals };
}

function usualOf(service: string, { file, timesMs, values, windows }: NabSeries): MetricSignal[] {
  const points: MetricSignal[] = [];
  let [nowMs, lastRow] = [t0, -1];
  for (const [row, value] of values.entries()) {
    if (windows.some((w) => row >= w.first && row <= w.last)) continue;
    if (lastRow >= 0) nowMs += row === lastRow + 1 ? (timesMs[row] ?? 0) - (timesMs[lastRow] ?? 0) : joinMs;
    lastRow = row;
    const metric = {
      kind: "metric",
      service,
      environment,
      name: file,
      unit: "",
      timeMs: nowMs,
      attributes: {},
    } as const;
    points.push({ ...metric, value: { type: "gauge", value } });
  }
  return points;
}
