import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { MetricSignal } from "../../src/loop/signal/signal.ts";
import { environment, type Replay, type Said } from "./noise-part.ts";
import { columnsOf, numberOf, readCsv } from "./read-csv.ts";

const rowMs = 1_000;
/** The five minutes without a fault are played again and again for so long before the fault. */
const usualRows = 3_600;
const t0 = 1_700_000_000_000;

type Columns = readonly (readonly [name: string, values: readonly number[]])[];

/** Each recorded run: an hour of its fault-free minutes, then the minutes after its fault. */
export function sockShopReplays(dataDir: string): Replay[] {
  if (!existsSync(dataDir)) return [];
  const folders = readdirSync(dataDir, { withFileTypes: true }).filter((d) => d.isDirectory());
  return folders.flatMap(({ name }) =>
    readdirSync(join(dataDir, name)).map((run) => {
      const [normal, anomalous] = ["normal", "anomalous"].map((half) =>
        columnsIn(join(dataDir, name, run, `${half}.csv.gz`)),
      ) as [Columns, Columns];
      return {
        name: `sock-shop-1/${name}/${run}`,
        calls: [],
        streams: normal.length,
        faultMs: t0 + usualRows * rowMs,
        said: () => said(normal, anomalous),
      };
    }),
  );
}

const columnsIn = (path: string): Columns =>
  [...columnsOf(readCsv(path))].filter(([name]) => name !== "time").map(([name, cells]) => [name, cells.map(numberOf)]);

function* said(normal: Columns, anomalous: Columns): Generator<Said> {
  const rows = normal[0]?.[1].length ?? 0;
  const after = anomalous[0]?.[1].length ?? 0;
  for (let i = 0; i < usualRows + after; i++) {
    const [columns, row] = i < usualRows ? [normal, i % rows] : [anomalous, i - usualRows];
    yield {
      atMs: t0 + i * rowMs,
      signals: columns.flatMap(([name, values]) => gauge(name, values[row], t0 + i * rowMs)),
    };
  }
}

/** `carts_cpu` is what a service called `carts` says of `cpu`; a missing value is not said. */
function gauge(column: string, value: number | undefined, timeMs: number): MetricSignal[] {
  const [service = "", ...name] = column.split("_");
  if (value === undefined || !Number.isFinite(value)) return [];
  const metric = {
    kind: "metric",
    service,
    environment,
    name: name.join("_"),
    unit: "",
    timeMs,
    attributes: {},
  } as const;
  return [{ ...metric, value: { type: "gauge", value } }];
}
