import type { DuckDBMapValue, DuckDBValue } from "@duckdb/node-api";
import type { LogRow, PointRow, RedRow, SpanRow } from "../../../loop/keeping/row.ts";
import type { RedStep } from "../../../ports/archive.ts";

/** A row as DuckDB gives it: times are milliseconds by then. Files may be anybody's, so nothing is trusted to have its type. */
export type Raw = Readonly<Record<string, DuckDBValue>>;

const number = (value: DuckDBValue | undefined): number =>
  typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : 0;
const maybeNumber = (value: DuckDBValue | undefined): number | undefined =>
  value === null || value === undefined ? undefined : number(value);
const text = (value: DuckDBValue | undefined): string => (typeof value === "string" ? value : "");
const maybeText = (value: DuckDBValue | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
const list = (value: DuckDBValue | undefined): number[] | undefined =>
  typeof value === "object" && value !== null && "items" in value ? value.items.map(number) : undefined;
const map = (value: DuckDBValue | undefined): Record<string, string> =>
  typeof value === "object" && value !== null && "entries" in value
    ? Object.fromEntries((value as DuckDBMapValue).entries.map((e) => [text(e.key), text(e.value)]))
    : {};

const who = (r: Raw) => ({
  environment: text(r["environment"]),
  service: text(r["service"]),
  instance: maybeText(r["instance"]),
  version: maybeText(r["version"]),
});

const red = (r: Raw) => ({
  count: number(r["count"]),
  errors: number(r["errors"]),
  ownErrors: number(r["own_errors"]),
  durationSumMs: number(r["duration_sum_ms"]),
  durations: list(r["durations"]) ?? [],
  seen: number(r["seen"]),
});

export function redRow(r: Raw): RedRow {
  const parts = [r["type"], r["environment"], r["service"]].map(text);
  const other = maybeText(r["other"]);
  const series = JSON.stringify(other === undefined ? parts : [...parts, other]);
  return { series, startMs: number(r["time"]), widthMs: number(r["width_ms"]), ...red(r) };
}

export const redStep = (r: Raw): RedStep => ({ startMs: number(r["step"]), ...red(r) });

export function pointRow(r: Raw): PointRow {
  const type = text(r["type"]);
  return {
    ...who(r),
    name: text(r["name"]),
    unit: text(r["unit"]),
    type: type === "counter" || type === "histogram" ? type : "gauge",
    monotonic: r["monotonic"] === true,
    delta: r["delta"] === true,
    startMs: number(r["start"]),
    timeMs: number(r["time"]),
    widthMs: number(r["width_ms"]),
    attributes: map(r["attributes"]),
    points: number(r["points"]),
    min: maybeNumber(r["min"]),
    max: maybeNumber(r["max"]),
    sum: maybeNumber(r["sum"]),
    last: maybeNumber(r["last"]),
    observations: maybeNumber(r["observations"]),
    observedSum: maybeNumber(r["observed_sum"]),
    bounds: list(r["bounds"]),
    counts: list(r["counts"]),
  };
}

export const logRow = (r: Raw): LogRow => ({
  kind: "log",
  ...who(r),
  timeMs: number(r["time"]),
  severity: number(r["severity"]),
  body: text(r["body"]),
  traceId: maybeText(r["trace_id"]),
  share: number(r["share"]),
  keptFor: text(r["kept_for"]) as LogRow["keptFor"],
});

export const spanRow = (r: Raw): SpanRow => ({
  kind: "span",
  ...who(r),
  traceId: text(r["trace_id"]),
  spanId: text(r["span_id"]),
  parentSpanId: maybeText(r["parent_span_id"]),
  name: text(r["name"]),
  spanKind: text(r["kind"]) as SpanRow["spanKind"],
  startMs: number(r["start"]),
  durationMs: number(r["duration_ms"]),
  error: r["error"] === true,
  peer: maybeText(r["peer"]),
  statusCode: maybeNumber(r["status_code"]),
  share: number(r["share"]),
  keptFor: text(r["kept_for"]) as SpanRow["keptFor"],
});
