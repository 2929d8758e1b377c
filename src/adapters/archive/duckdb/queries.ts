import type { DuckDBValue } from "@duckdb/node-api";
import { intervals } from "../../../loop/detection/duration-interval.ts";
import type { ArchiveTable } from "../../../loop/keeping/row.ts";
import type { LogQuery, PointQuery, RedQuery, SpanQuery, TimeRange } from "../../../ports/archive.ts";
import { columnsOf } from "./columns.ts";
import type { FileQuery } from "./read-files.ts";

/** Conditions with their values bound from `$2` on: `$1` is the list of files. Nothing of a query becomes text (I9). */
class Conditions {
  readonly values: DuckDBValue[] = [];
  private readonly texts: string[] = [];

  constructor({ fromMs, toMs }: TimeRange) {
    this.add((v) => `time >= to_timestamp(${v} / 1000)`, fromMs);
    this.add((v) => `time < to_timestamp(${v} / 1000)`, toMs);
  }

  /** Adds nothing for a value that is absent. */
  add(condition: (value: string) => string, value: DuckDBValue | undefined): this {
    if (value === undefined) return this;
    this.texts.push(condition(this.bind(value)));
    return this;
  }

  bind(value: DuckDBValue): string {
    this.values.push(value);
    return `$${this.values.length + 1}`;
  }

  get text(): string {
    return this.texts.join(" AND ");
  }
}

const selected = (table: ArchiveTable): string =>
  columnsOf[table]
    .map(({ name, type }) => (type === "TIMESTAMPTZ" ? `epoch_us("${name}") / 1000.0 AS "${name}"` : `"${name}"`))
    .join(", ");

/** The newest rows, one more than asked for: so it shows whether there were more. */
const newest = (table: ArchiveTable, conditions: Conditions, limit: number): FileQuery => ({
  sql: `SELECT ${selected(table)} FROM FILES WHERE ${conditions.text} ORDER BY epoch_us("time") DESC LIMIT ${conditions.bind(limit + 1)}`,
  values: conditions.values,
});

function redConditions(query: RedQuery): Conditions {
  const conditions = new Conditions(query)
    .add((v) => `environment = ${v}`, query.environment)
    .add((v) => `type = ${v}`, query.only?.type)
    .add((v) => `other = ${v}`, query.only?.other);
  const names = query.services.map((name) => conditions.bind(name));
  return conditions.add((v) => `service IN (${[...names, v].join(", ")})`, query.services[0] ?? "");
}

export const redQuery = (query: RedQuery): FileQuery => newest("red", redConditions(query), query.limit);

const sums = ["count", "errors", "own_errors", "duration_sum_ms"].map((c) => `sum("${c}") AS "${c}"`).join(", ");
const durationSums = Array.from({ length: intervals }, (_, i) => `sum(durations[${i + 1}])`).join(", ");

export function redStepsQuery(query: RedQuery & { readonly stepMs: number }): FileQuery {
  const conditions = redConditions(query);
  const step = conditions.bind(query.stepMs);
  const limit = conditions.bind(query.limit + 1);
  return {
    sql: `SELECT floor(epoch_ms("time") / ${step}) * ${step} AS step, ${sums}, [${durationSums}] AS durations, sum(bit_count(seen)) AS seen FROM FILES WHERE ${conditions.text} GROUP BY step ORDER BY step DESC LIMIT ${limit}`,
    values: conditions.values,
  };
}

export const pointQuery = (query: PointQuery): FileQuery =>
  newest(
    "points",
    new Conditions(query)
      .add((v) => `environment = ${v}`, query.environment)
      .add((v) => `service = ${v}`, query.service)
      .add((v) => `name = ${v}`, query.name),
    query.limit,
  );

export const logQuery = (query: LogQuery): FileQuery =>
  newest(
    "logs",
    new Conditions(query)
      .add((v) => `environment = ${v}`, query.environment)
      .add((v) => `service = ${v}`, query.service)
      .add((v) => `trace_id = ${v}`, query.traceId)
      .add((v) => `severity >= ${v}`, query.severityMin),
    query.limit,
  );

export const spanQuery = (query: SpanQuery): FileQuery =>
  newest(
    "spans",
    new Conditions(query)
      .add((v) => `environment = ${v}`, query.environment)
      .add((v) => `service = ${v}`, query.service)
      .add((v) => `trace_id = ${v}`, query.traceId)
      .add((v) => `error = ${v}`, query.errorsOnly === true ? true : undefined),
    query.limit,
  );
