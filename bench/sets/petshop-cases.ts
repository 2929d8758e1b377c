import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Call, Recording, Series, Symptom } from "../../src/loop/diagnosis/rank/recording.ts";
import { numberOf, readCsv } from "./read-csv.ts";
import type { FaultCase } from "./root-cause.ts";

/** Folders `<scenario>/{train,test}/issue_*`, each scenario with a fault-free recording and a call graph. */
export function petshopCases(dataDir: string): FaultCase[] {
  const scenarios = readdirSync(dataDir).filter((d) => existsSync(join(dataDir, d, "graph.csv")));
  return scenarios.flatMap((scenario) => {
    const dir = join(dataDir, scenario);
    const [calls, normal] = [callsOf(join(dir, "graph.csv")), seriesOf(join(dir, "noissue", "metrics.csv"))];
    return ["train", "test"].flatMap((part) =>
      issuesOf(join(dir, part)).map((issue) => {
        const name = `${scenario}/${part}/${issue}`;
        const target = JSON.parse(readFileSync(join(dataDir, name, "target.json"), "utf8")) as Target;
        const series = seriesOf(join(dataDir, name, "metrics.csv"));
        const recording = { ...recordingOf(normal, series, calls), symptoms: [symptomOf(target)] };
        return { name, kind: target.target.metric, truth: target.root_cause.node, recording };
      }),
    );
  });
}

interface Target {
  readonly target: { readonly node: string; readonly metric: string };
  readonly root_cause: { readonly node: string };
}

const symptomOf = ({ target }: Target): Symptom => ({
  place: target.node,
  dimension: target.metric === "availability" ? "errors" : target.metric,
});

const issuesOf = (dir: string): string[] =>
  existsSync(dir) ? readdirSync(dir).filter((d) => d.startsWith("issue_")) : [];

/** A 1 says that the row's node calls the column's. */
export function callsOf(path: string): Call[] {
  const [[, ...names] = [], ...rows] = readCsv(path);
  return rows.flatMap(([from = "", ...cells]) =>
    cells.flatMap((cell, i) => (Number(cell) > 0 ? [{ from, to: names[i] ?? "" }] : [])),
  );
}

/** Columns under three heads: node, metric, statistic. Means and counts are taken; harm to requests is their product. */
function seriesOf(path: string): Series[] {
  const [[, ...nodes] = [], [, ...metrics] = [], [, ...statistics] = [], , ...rows] = readCsv(path);
  const timesMs = rows.map(([seconds]) => Number(seconds) * 1000);
  return nodes.flatMap((place, i) => {
    const values = rows.map((row) => numberOf(row[i + 1]));
    const of = `${metrics[i]} ${statistics[i]}`;
    if (of === "requests Sum") return [{ place, dimension: "requests", timesMs, values }];
    if (of === "latency Average") return [{ place, dimension: "latency", timesMs, values }];
    if (of === "availability Average")
      return [{ place, dimension: "errors", timesMs, values: values.map((v) => 1 - v / 100) }];
    return [];
  });
}

/** The fault-free recording is put right before the issue's, and the window is all of the issue's. */
function recordingOf(normal: readonly Series[], issue: readonly Series[], calls: readonly Call[]): Recording {
  const keyOf = (s: Series) => `${s.place} ${s.dimension}`;
  const before = new Map(normal.map((s) => [keyOf(s), s]));
  const fromMs = Math.min(...issue.flatMap((s) => s.timesMs));
  const toMs = Math.max(...issue.flatMap((s) => s.timesMs));
  const shiftMs = fromMs - 300_000 - Math.max(...normal.flatMap((s) => s.timesMs.slice(-1)));
  const series = issue.map((s) => {
    const past = before.get(keyOf(s));
    const timesMs = [...(past?.timesMs ?? []).map((t) => t + shiftMs), ...s.timesMs];
    return { ...s, timesMs, values: [...(past?.values ?? []), ...s.values] };
  });
  const places = [...new Set([...series.map((s) => s.place), ...calls.flatMap((c) => [c.from, c.to])])].map((id) => ({
    id,
  }));
  return { places, calls, series, spans: [], logs: [], changes: [], window: { fromMs, toMs } };
}
