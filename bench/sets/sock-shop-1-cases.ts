import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Recording, Series } from "../../src/loop/diagnosis/rank/recording.ts";
import { columnsOf, numberOf, readCsv } from "./read-csv.ts";
import type { FaultCase } from "./root-cause.ts";

/** Rows of each half, one a second. */
const rowsMax = 300;

/** Folders `<service>-<kind>/<run>` with the rows before and those after the fault began. */
export function sockShopCases(dataDir: string): FaultCase[] {
  const folders = readdirSync(dataDir, { withFileTypes: true }).filter((d) => d.isDirectory());
  return folders.flatMap(({ name }) =>
    readdirSync(join(dataDir, name)).map((run) => {
      const dash = name.lastIndexOf("-");
      const recording = recordingOf(join(dataDir, name, run));
      return {
        name: `${name}/${run}`,
        kind: name.slice(dash + 1),
        truth: name.slice(0, dash),
        recording,
      };
    }),
  );
}

/** Joins both halves into one recording, the onset not told. */
function recordingOf(folder: string): Recording {
  const normal = halfOf(join(folder, "normal.csv.gz")).map(([name, v]) => [name, v.slice(-rowsMax)] as const);
  const anomalous = new Map(halfOf(join(folder, "anomalous.csv.gz")).map(([name, v]) => [name, v.slice(0, rowsMax)]));
  const series = normal.flatMap(([name, before]): Series[] => {
    const after = anomalous.get(name);
    if (!after || !varies(before) || !varies(after)) return [];
    const values = [...before, ...after];
    const [service = "", ...dimension] = name.split("_");
    const place = service.replace(/-db$/, "");
    return [{ place, dimension: dimension.join("_"), timesMs: values.map((_, i) => i * 1000), values }];
  });
  const places = [...new Set(series.map((s) => s.place))].map((id) => ({ id }));
  const toMs = 2 * rowsMax * 1000;
  return { places, calls: [], series, spans: [], logs: [], changes: [], window: { toMs } };
}

/** Columns prepared as published: without the median and the 99th percentile of latency, gaps filled forward, then with 0. */
function halfOf(path: string): [string, number[]][] {
  return [...columnsOf(readCsv(path))]
    .filter(([name]) => name !== "time" && !name.endsWith("_lat_50") && !name.endsWith("_lat_99"))
    .map(([name, cells]) => [name, filled(cells.map(numberOf))]);
}

function filled(values: readonly number[]): number[] {
  let last = 0;
  return values.map((v) => (last = Number.isFinite(v) ? v : last));
}

const varies = (values: readonly number[]): boolean => values.some((v) => v !== values[0]);
