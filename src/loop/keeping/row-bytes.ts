import type { LogSignal, MetricSignal, SpanSignal } from "../signal/signal.ts";
import {
  archiveTables,
  type ArchiveTable,
  type Batch,
  type LogRow,
  type PointRow,
  type RedRow,
  type SpanRow,
} from "./row.ts";

/** What signals and rows take up in memory, estimated, bytes: texts are counted as two bytes a character. */
export const spanBytes = (span: SpanSignal): number => 500 + 2 * span.name.length;

export const logBytes = (log: LogSignal): number => 250 + 2 * log.body.length;

export const pointBytes = ({ name, attributes, value }: MetricSignal): number =>
  numbersBytes(name, attributes, value.type === "histogram" ? value.counts.length : 0);

function numbersBytes(name: string, attributes: Readonly<Record<string, string>>, counts: number): number {
  let bytes = 400 + 2 * name.length + 16 * counts;
  for (const key in attributes) bytes += 100 + 2 * (attributes[key]?.length ?? 0);
  return bytes;
}

export const rowBytes: {
  readonly red: (row: RedRow) => number;
  readonly points: (row: PointRow) => number;
  readonly logs: (row: LogRow) => number;
  readonly spans: (row: SpanRow) => number;
} & Record<ArchiveTable, (row: never) => number> = {
  red: (row) => 200 + 2 * row.series.length + 8 * row.durations.length,
  points: (row) => numbersBytes(row.name, row.attributes, row.counts?.length ?? 0),
  logs: logBytes,
  spans: spanBytes,
};

export const batchBytes = ({ whole, thinned }: Batch): number =>
  [whole, thinned].reduce(
    (sum, rows) =>
      archiveTables.reduce((n, table) => {
        const of = rowBytes[table] as (row: unknown) => number;
        return rows[table].reduce<number>((m, row) => m + of(row), n);
      }, sum),
    0,
  );
