import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { currentOf, templateText } from "../loop/detection/templates/log-template.ts";
import { createTemplateMiner } from "../loop/detection/templates/miner.ts";
import type { Recording, Series } from "../loop/diagnosis/rank/recording.ts";
import { CommandError, exitCode } from "./exit.ts";
import { isTime, readSeries, timeOf } from "./read-series.ts";

const name = z.string().min(1).max(300);
const time = z.union([z.number(), z.string()]).transform((value, context) => {
  const ms = typeof value === "number" ? value : timeOf(value);
  if (isTime(ms)) return ms;
  context.addIssue({ code: "custom", message: `\`${value}\` is no time: give ISO 8601 or milliseconds since 1970` });
  return z.NEVER;
});
const span = z.object({
  traceId: name,
  spanId: name,
  parentId: name.optional(),
  place: name,
  operation: name,
  startMs: time,
  endMs: time,
});
const log = z.object({ place: name, timeMs: time, line: z.string(), spanId: name.optional() });
const change = z.object({ place: name, timeMs: time, text: z.string() });
const incident = z.object({
  from: time.optional(),
  to: time.optional(),
  symptoms: z
    .array(z.object({ place: name, dimension: name.optional() }))
    .max(1_000)
    .default([]),
});
const linesMax = 2_000_000;

/**
 * Reads a folder of what was recorded around an incident, all of it optional but for some series, spans or logs: `metrics.csv` (time, then
 * columns `PLACE/DIMENSION`), `calls.csv` (from, to), `spans.jsonl`, `logs.jsonl`, `changes.jsonl` and `incident.json` (when it began and
 * ended, and where it shows). What cannot be read ends it, with the file and the line.
 */
export async function readBundle(folder: string): Promise<Recording> {
  const [series, calls, spans, lines, changes, about] = await Promise.all([
    seriesIn(join(folder, "metrics.csv")),
    callsIn(join(folder, "calls.csv")),
    jsonLines(join(folder, "spans.jsonl"), span),
    jsonLines(join(folder, "logs.jsonl"), log),
    jsonLines(join(folder, "changes.jsonl"), change),
    jsonIn(join(folder, "incident.json"), incident),
  ]);
  const logs = templated(lines);
  const times = [...series.flatMap((s) => s.timesMs), ...spans.map((s) => s.endMs), ...logs.map((l) => l.timeMs)];
  if (times.length === 0)
    throw new CommandError(
      exitCode.notFound,
      `\`${folder}\` holds none of metrics.csv, spans.jsonl and logs.jsonl with anything in it`,
    );
  const toMs = about?.to ?? times.reduce((a, b) => Math.max(a, b));
  if (about?.from !== undefined) mustBeWithin(join(folder, "incident.json"), about.from, times, toMs);
  const places = [...series, ...spans, ...logs, ...changes].map((s) => s.place);
  const ids = [...new Set([...places, ...calls.flatMap((c) => [c.from, c.to])])];
  return {
    places: ids.map((id) => ({ id })),
    calls,
    series,
    spans: spans.map(({ parentId, ...s }) => ({ ...s, ...(parentId === undefined ? {} : { parentId }) })),
    logs,
    changes,
    symptoms: (about?.symptoms ?? []).map(({ place, dimension }) => ({ place, ...(dimension ? { dimension } : {}) })),
    window: { toMs, ...(about?.from === undefined ? {} : { fromMs: about.from }) },
  };
}

/** A beginning outside of what was recorded is a slip of unit or zone: it would leave nothing to compare, or nothing to look at. */
function mustBeWithin(file: string, fromMs: number, times: readonly number[], toMs: number): void {
  const firstMs = times.reduce((a, b) => Math.min(a, b));
  const dated = (ms: number): string => new Date(ms).toISOString();
  if (fromMs >= firstMs && fromMs <= toMs) return;
  const why = `${dated(fromMs)} is not between the first of what was recorded, ${dated(firstMs)}, and its end, ${dated(toMs)}`;
  throw invalid(file, 1, "`from`", `${why}; numbers are milliseconds`);
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new CommandError(exitCode.notFound, `cannot read \`${file}\`: ${error.code ?? error.message}`);
  });
}

async function seriesIn(file: string): Promise<Series[]> {
  if ((await textOf(file)) === undefined) return [];
  const { series } = await readSeries(file);
  return series.map(({ name: column, atMs, values }) => {
    const slash = column.lastIndexOf("/");
    if (slash <= 0)
      throw invalid(file, 1, `column \`${column}\``, "name each column PLACE/DIMENSION, such as `cart/latency`");
    return { place: column.slice(0, slash), dimension: column.slice(slash + 1), timesMs: atMs, values };
  });
}

async function callsIn(file: string): Promise<Recording["calls"]> {
  const text = await textOf(file);
  if (text === undefined) return [];
  const rows: string[][] = parse(text, { bom: true, skip_empty_lines: true, relax_column_count: true, trim: true });
  const body = rows[0]?.[0] === "from" ? rows.slice(1) : rows;
  return body.map(([from = "", to = ""], i) => {
    if (from === "" || to === "")
      throw invalid(file, i + 1, "the row", "give who calls and who is called: `gateway,cart`");
    return { from, to };
  });
}

async function jsonLines<T>(file: string, schema: z.ZodType<T>): Promise<T[]> {
  const lines = ((await textOf(file)) ?? "").split("\n");
  if (lines.length > linesMax) throw invalid(file, linesMax, "the file", `is longer than ${linesMax} lines: cut it`);
  return lines.flatMap((line, i) => (line.trim() === "" ? [] : [parsed(file, i + 1, line, schema)]));
}

async function jsonIn<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await textOf(file);
  return text === undefined ? undefined : parsed(file, 1, text, schema);
}

function parsed<T>(file: string, line: number, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(file, line, "the line", "is no JSON");
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(
    file,
    line,
    `\`${issue?.path.join(".") || "the value"}\``,
    issue?.message.toLowerCase() ?? "is invalid",
  );
}

const invalid = (file: string, line: number, what: string, why: string): CommandError =>
  new CommandError(exitCode.invalid, `${file}:${line}: ${what}: ${why}`);

/** Lines by their templates, as they have become at the end; one miner for each place. */
function templated(lines: readonly z.infer<typeof log>[]): Recording["logs"] {
  const miners = new Map<string, ReturnType<typeof createTemplateMiner>>();
  const mined = lines.map((l) => {
    const miner = miners.get(l.place) ?? createTemplateMiner();
    miners.set(l.place, miner);
    return { ...l, mined: miner.take(l.line) };
  });
  return mined.map(({ place, timeMs, spanId, mined: template }) => ({
    place,
    timeMs,
    template: templateText(currentOf(template)),
    ...(spanId === undefined ? {} : { spanId }),
  }));
}
