import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordedLog, RecordedSpan, Recording, Series } from "../../src/loop/diagnosis/rank/recording.ts";
import { columnsOf, numberOf, readCsv } from "./read-csv.ts";
import type { FaultCase } from "./root-cause.ts";

interface Fault {
  readonly inject_time: string;
  readonly inject_pod: string;
  readonly inject_type: string;
  readonly date: string;
  /** The minute to rank at, `HH_MM`: two after the injection. */
  readonly minute: string;
}

const minuteMs = 60_000;
/** What is asked about: the minute to rank at and the one before. */
const windowMs = 2 * minuteMs;

/** Folders `<date>/{trace,log,metric}`, and under `normal/<date>` a fault-free minute or two of the same day. */
export function nezhaCases(dataDir: string): FaultCase[] {
  const faults = JSON.parse(readFileSync(join(dataDir, "faults.json"), "utf8")) as Fault[];
  const normals = readdirSync(join(dataDir, "normal")).map((date) => heardIn(join(dataDir, "normal", date)));
  const metrics = new Map(faults.map((f) => [f.date, metricsIn(join(dataDir, f.date, "metric"))]));
  return faults.map((fault) => ({
    name: `${fault.date}/${fault.minute}`,
    kind: fault.inject_type,
    truth: fault.inject_pod,
    recording: recordingOf(dataDir, fault, normals, metrics.get(fault.date) ?? []),
  }));
}

interface Heard {
  readonly spans: readonly RecordedSpan[];
  readonly logs: readonly RecordedLog[];
}

/**
 * The fault-free minutes are put right before the window. Of measures everything up to the minute to rank at is there, and those of the
 * fault-free minute, which for some faults came later that day.
 */
function recordingOf(dataDir: string, fault: Fault, normals: readonly Heard[], metrics: readonly Series[]): Recording {
  const minuteStartMs = Date.parse(`${fault.date}T${fault.minute.replace("_", ":")}:00Z`);
  const toMs = minuteStartMs + minuteMs - 1;
  const fromMs = minuteStartMs + minuteMs - windowMs;
  const heard = heardIn(join(dataDir, fault.date), fault.minute);
  const before = normals.map((normal) => shifted(normal, fromMs));
  const series = metrics.map((s) => joined(s, normals, fromMs, toMs));
  return {
    places: [...new Set([...metrics, ...before.flatMap((b) => b.spans)].map((s) => s.place))].map((id) => ({
      id,
      service: serviceOf(id),
    })),
    calls: [],
    series,
    spans: [...before.flatMap((b) => b.spans), ...heard.spans],
    logs: [...before.flatMap((b) => b.logs), ...heard.logs],
    changes: [],
    window: { fromMs, toMs },
  };
}

/** A pod is called by its deployment, then two random words. */
const serviceOf = (pod: string): string => pod.split("-").slice(0, -2).join("-");

function shifted({ spans, logs }: Heard, fromMs: number): Heard {
  const byMs = fromMs - 1 - Math.max(...spans.map((s) => s.endMs));
  return {
    spans: spans.map((s) => ({ ...s, startMs: s.startMs + byMs, endMs: s.endMs + byMs })),
    logs: logs.map((l) => ({ ...l, timeMs: Math.min(l.timeMs + byMs, fromMs - 1) })),
  };
}

function joined(series: Series, normals: readonly Heard[], fromMs: number, toMs: number): Series {
  const isNormal = (t: number) =>
    normals.some(
      ({ spans }) => t >= (spans[0]?.startMs ?? Infinity) - minuteMs && t <= (spans[0]?.startMs ?? 0) + 2 * minuteMs,
    );
  const points = series.timesMs.flatMap((t, i) => {
    if (t <= toMs) return [[t, series.values[i] ?? NaN] as const];
    return isNormal(t) ? [[fromMs - 1, series.values[i] ?? NaN] as const] : [];
  });
  return { ...series, timesMs: points.map(([t]) => t), values: points.map(([, v]) => v) };
}

/** Spans and logs of one minute, or of all that are in the folder. */
/** Throws where the minute has neither traces nor lines: a case without evidence would be scored as a wrong answer. */
function heardIn(dir: string, minute = ""): Heard {
  const rowsOf = (kind: string) =>
    readdirSync(join(dir, kind))
      .filter((file) => file.startsWith(minute))
      .map((file) => columnsOf(readCsv(join(dir, kind, file))));
  const heard = { spans: rowsOf("trace").flatMap(spansOf), logs: rowsOf("log").flatMap(logsOf) };
  if (heard.spans.length + heard.logs.length === 0)
    throw new Error(`\`${dir}\` holds no traces and no logs of ${minute}`);
  return heard;
}

function spansOf(columns: ReadonlyMap<string, string[]>): RecordedSpan[] {
  const of = (name: string, i: number) => columns.get(name)?.[i] ?? "";
  return (columns.get("SpanID") ?? []).map((spanId, i) => ({
    traceId: of("TraceID", i),
    spanId,
    parentId: of("ParentID", i),
    place: of("PodName", i),
    operation: of("OperationName", i),
    startMs: Number(of("StartTimeUnixNano", i)) / 1e6,
    endMs: Number(of("EndTimeUnixNano", i)) / 1e6,
  }));
}

function logsOf(columns: ReadonlyMap<string, string[]>): RecordedLog[] {
  const of = (name: string, i: number) => columns.get(name)?.[i] ?? "";
  return (columns.get("Log") ?? []).map((line, i) => ({
    place: of("PodName", i),
    timeMs: Number(of("TimeUnixNano", i)) / 1e6,
    template: templateOf(line),
    spanId: of("SpanID", i),
  }));
}

/** Where in the code a line was written is its template: level, class and line. Else its text without numbers. */
const templateOf = (line: string): string =>
  /(?:TRACE|DEBUG|INFO|WARN|ERROR)\s+\S+#\d+/.exec(line)?.[0] ??
  line.slice(0, 120).replaceAll(/[0-9a-f]*\d[0-9a-f]*/g, "0");

/** Columns that say what the pod uses. Those of its node speak of all pods there, and of its requests spans say more. */
const podColumns = /^(CpuUsageRate|MemoryUsageRate|Syscall|Network)/;

function metricsIn(dir: string): Series[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir).flatMap((file) => {
    const columns = columnsOf(readCsv(join(dir, file)));
    const place = columns.get("PodName")?.[0];
    if (place === undefined) return [];
    const timesMs = (columns.get("TimeStamp") ?? []).map((s) => Number(s) * 1000);
    return [...columns]
      .filter(([name]) => podColumns.test(name))
      .map(([dimension, cells]) => ({ place, dimension, timesMs, values: cells.map(numberOf) }));
  });
}
