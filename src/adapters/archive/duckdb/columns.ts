import type { DuckDBValue } from "@duckdb/node-api";
import type { ArchiveTable, LogRow, PointRow, RedRow, SpanRow } from "../../../loop/keeping/row.ts";
import { endOf } from "./row-time.ts";
import type { DuckDbModule } from "./duckdb.ts";

/** A column of a table: its name and type in Parquet, and its value in a row. */
export interface Column<R> {
  readonly name: string;
  readonly type: string;
  readonly value: (row: R, duckdb: DuckDbModule) => DuckDBValue;
}

export interface RowOf {
  red: RedRow;
  points: PointRow;
  logs: LogRow;
  spans: SpanRow;
}

type Plain<R> = readonly [name: string, type: "VARCHAR" | "DOUBLE" | "INTEGER" | "BOOLEAN", value: (row: R) => unknown];

const plain = <R>(columns: readonly Plain<R>[]): Column<R>[] =>
  columns.map(([name, type, value]) => ({
    name,
    type,
    value(row) {
      const found = value(row) ?? null;
      return type === "INTEGER" && !fitsInteger(found) ? null : (found as DuckDBValue);
    },
  }));

/** A sender's number may be anything; one that does not fit is unknown, rather than in the way of its whole file. */
const fitsInteger = (value: unknown): boolean =>
  typeof value === "number" && Number.isInteger(value) && (value | 0) === value;

const time = <R>(name: string, value: (row: R) => number | undefined): Column<R> => ({
  name,
  type: "TIMESTAMPTZ",
  value(row, duckdb) {
    const ms = value(row);
    return ms === undefined || !Number.isFinite(ms)
      ? null
      : new duckdb.DuckDBTimestampTZValue(BigInt(Math.round(ms * 1_000)));
  },
});

const numbers = <R>(name: string, value: (row: R) => readonly number[] | undefined): Column<R> => ({
  name,
  type: "DOUBLE[]",
  value(row, duckdb) {
    const list = value(row);
    return list === undefined ? null : new duckdb.DuckDBListValue(list);
  },
});

const attributes: Column<PointRow> = {
  name: "attributes",
  type: "MAP(VARCHAR, VARCHAR)",
  value: (row, duckdb) =>
    new duckdb.DuckDBMapValue(Object.entries(row.attributes).map(([key, value]) => ({ key, value }))),
};

/** Parts of a series' key: type, environment, service, and what else names it. */
export const seriesParts = (series: string): readonly (string | undefined)[] => JSON.parse(series) as string[];

const who = <R extends { service: string; environment: string; instance?: string; version?: string }>() =>
  plain<R>([
    ["environment", "VARCHAR", (r) => r.environment],
    ["service", "VARCHAR", (r) => r.service],
    ["instance", "VARCHAR", (r) => r.instance],
    ["version", "VARCHAR", (r) => r.version],
  ]);

/** Names, order and units of all columns; docs/reference/telemetry-store.md describes them. What is persisted is for ever: add, never change. */
export const columnsOf: { readonly [T in ArchiveTable]: readonly Column<RowOf[T]>[] } = {
  red: [
    time("time", (r) => r.startMs),
    ...plain<RedRow>([
      ["width_ms", "INTEGER", (r) => r.widthMs],
      ["type", "VARCHAR", (r) => seriesParts(r.series)[0]],
      ["environment", "VARCHAR", (r) => seriesParts(r.series)[1]],
      ["service", "VARCHAR", (r) => seriesParts(r.series)[2]],
      ["other", "VARCHAR", (r) => seriesParts(r.series)[3]],
      ["count", "DOUBLE", (r) => r.count],
      ["errors", "DOUBLE", (r) => r.errors],
      ["own_errors", "DOUBLE", (r) => r.ownErrors],
      ["duration_sum_ms", "DOUBLE", (r) => r.durationSumMs],
      ["seen", "INTEGER", (r) => r.seen],
    ]),
    numbers("durations", (r) => r.durations),
  ],
  points: [
    time("time", (r) => r.timeMs),
    ...plain<PointRow>([["width_ms", "INTEGER", (r) => r.widthMs]]),
    ...who<PointRow>(),
    ...plain<PointRow>([
      ["name", "VARCHAR", (r) => r.name],
      ["unit", "VARCHAR", (r) => r.unit],
      ["type", "VARCHAR", (r) => r.type],
      ["monotonic", "BOOLEAN", (r) => r.monotonic],
      ["delta", "BOOLEAN", (r) => r.delta],
    ]),
    time("start", (r) => r.startMs),
    attributes,
    ...plain<PointRow>([
      ["points", "INTEGER", (r) => r.points],
      ["min", "DOUBLE", (r) => r.min],
      ["max", "DOUBLE", (r) => r.max],
      ["sum", "DOUBLE", (r) => r.sum],
      ["last", "DOUBLE", (r) => r.last],
      ["observations", "DOUBLE", (r) => r.observations],
      ["observed_sum", "DOUBLE", (r) => r.observedSum],
    ]),
    numbers("bounds", (r) => r.bounds),
    numbers("counts", (r) => r.counts),
  ],
  logs: [
    time("time", (r) => r.timeMs),
    ...who<LogRow>(),
    ...plain<LogRow>([
      ["severity", "INTEGER", (r) => r.severity],
      ["body", "VARCHAR", (r) => r.body],
      ["trace_id", "VARCHAR", (r) => r.traceId],
      ["share", "DOUBLE", (r) => r.share],
      ["kept_for", "VARCHAR", (r) => r.keptFor],
    ]),
  ],
  spans: [
    time("time", endOf),
    time("start", (r) => r.startMs),
    ...plain<SpanRow>([["duration_ms", "DOUBLE", (r) => r.durationMs]]),
    ...who<SpanRow>(),
    ...plain<SpanRow>([
      ["trace_id", "VARCHAR", (r) => r.traceId],
      ["span_id", "VARCHAR", (r) => r.spanId],
      ["parent_span_id", "VARCHAR", (r) => r.parentSpanId],
      ["name", "VARCHAR", (r) => r.name],
      ["kind", "VARCHAR", (r) => r.spanKind],
      ["error", "BOOLEAN", (r) => r.error],
      ["peer", "VARCHAR", (r) => r.peer],
      ["status_code", "INTEGER", (r) => r.statusCode],
      ["share", "DOUBLE", (r) => r.share],
      ["kept_for", "VARCHAR", (r) => r.keptFor],
    ]),
  ],
};
