import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LogSignal, SpanSignal } from "../../src/loop/signal/signal.ts";
import { environment, type Replay, type Said } from "./noise-part.ts";
import { columnsOf, readCsv } from "./read-csv.ts";

const stepMs = 1_000;
/** The fault-free minutes of a day are played so often, and so often before a fault. */
const usualTimes = 24;
const beforeFault = 8;
const t0 = 1_700_000_000_000;

/** Single lines bear a time hours away from all others of their minute, and are left out. */
const aroundMs = 300_000;

type Heard = SpanSignal | LogSignal;
const timeOf = (s: Heard): number => (s.kind === "span" ? s.startMs + s.durationMs : s.timeMs);

/** Spans and log lines, in order of time, from 0 to `forMs`. */
interface Recorded {
  readonly signals: readonly Heard[];
  readonly forMs: number;
}

/** Each day's fault-free minutes over and over, then each fault's minute after some of them. */
export function trainTicketReplays(dataDir: string): Replay[] {
  if (!existsSync(dataDir)) return [];
  const normals = new Map(readdirSync(join(dataDir, "normal")).map((d) => [d, recordedIn(join(dataDir, "normal", d))]));
  const faults = JSON.parse(readFileSync(join(dataDir, "faults.json"), "utf8")) as { date: string; minute: string }[];
  const calm = [...normals].map(([date, normal]): Replay => ({
    name: `nezha-trainticket/normal/${date}`,
    calls: [],
    streams: streamsOf(normal),
    said: () => said([], normal, usualTimes),
  }));
  const troubled = faults.flatMap(({ date, minute }): Replay[] => {
    const normal = normals.get(date);
    if (normal === undefined) return [];
    return [
      {
        name: `nezha-trainticket/${date}/${minute}`,
        calls: [],
        streams: streamsOf(normal),
        faultMs: t0 + beforeFault * normal.forMs,
        said: () => said([recordedIn(join(dataDir, date), minute)], normal, beforeFault),
      },
    ];
  });
  return [...calm, ...troubled];
}

const streamsOf = ({ signals }: Recorded): number => new Set(signals.map((s) => s.service)).size;

function* said(then: readonly Recorded[], normal: Recorded, times: number): Generator<Said> {
  let fromMs = t0;
  for (const [round, part] of [...Array.from({ length: times }, () => normal), ...then].entries()) {
    let at = 0;
    for (let ms = stepMs; ms <= part.forMs; ms += stepMs) {
      const signals: Heard[] = [];
      for (; at < part.signals.length && timeOf(part.signals[at] as Heard) < ms; at++)
        signals.push(moved(part.signals[at] as Heard, fromMs, round));
      yield { atMs: fromMs + ms, signals };
    }
    fromMs += part.forMs;
  }
}

/** Every time it is played it is another trace. */
const moved = (s: Heard, byMs: number, round: number): Heard =>
  s.kind === "span"
    ? { ...s, traceId: `${s.traceId}-${round}`, startMs: s.startMs + byMs }
    : { ...s, timeMs: s.timeMs + byMs, ...(s.traceId ? { traceId: `${s.traceId}-${round}` } : {}) };

function recordedIn(dir: string, minute = ""): Recorded {
  const columnsIn = (kind: string) =>
    readdirSync(join(dir, kind))
      .filter((file) => file.startsWith(minute))
      .map((file) => columnsOf(readCsv(join(dir, kind, file))));
  const all: Heard[] = [...columnsIn("trace").flatMap(spansOf), ...columnsIn("log").flatMap(logsOf)];
  const ordered = all.toSorted((a, b) => timeOf(a) - timeOf(b));
  const middle = ordered[Math.floor(ordered.length / 2)];
  const sorted = ordered.filter((s) => middle && Math.abs(timeOf(s) - timeOf(middle)) <= aroundMs);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last) throw new Error(`\`${dir}\` holds no traces and logs of ${minute}`);
  const fromMs = Math.floor(timeOf(first));
  const forMs = Math.ceil((timeOf(last) - fromMs) / stepMs) * stepMs;
  return { signals: sorted.map((s) => moved(s, -fromMs, 0)), forMs };
}

/** A pod is called by its deployment, then two random words. */
const serviceOf = (pod: string): string => pod.split("-").slice(0, -2).join("-");

/** A span whose parent is of another pod serves a request; one with a child in another pod makes one. */
function spansOf(columns: ReadonlyMap<string, string[]>): SpanSignal[] {
  const of = (name: string, i: number): string => columns.get(name)?.[i] ?? "";
  const ids = columns.get("SpanID") ?? [];
  const podOf = new Map(ids.map((id, i) => [id, of("PodName", i)]));
  const calling = new Set(
    ids.flatMap((_, i) => (podOf.get(of("ParentID", i)) === of("PodName", i) ? [] : [of("ParentID", i)])),
  );
  return ids.map((spanId, i): SpanSignal => {
    const [pod, parent] = [of("PodName", i), of("ParentID", i)];
    const startMs = Number(of("StartTimeUnixNano", i)) / 1e6;
    return {
      kind: "span",
      service: serviceOf(pod),
      environment,
      instance: pod,
      traceId: of("TraceID", i),
      spanId,
      ...(parent === "root" ? {} : { parentSpanId: parent }),
      name: of("OperationName", i),
      spanKind: podOf.get(parent) !== pod ? "server" : calling.has(spanId) ? "client" : "internal",
      startMs,
      durationMs: Number(of("EndTimeUnixNano", i)) / 1e6 - startMs,
      error: false,
    };
  });
}

const severities: Readonly<Record<string, number>> = { TRACE: 1, DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17 };

function logsOf(columns: ReadonlyMap<string, string[]>): LogSignal[] {
  const of = (name: string, i: number): string => columns.get(name)?.[i] ?? "";
  return (columns.get("Log") ?? []).map((line, i): LogSignal => {
    const body = textOf(line);
    const traceId = of("TraceID", i);
    return {
      kind: "log",
      service: serviceOf(of("PodName", i)),
      environment,
      instance: of("PodName", i),
      timeMs: Number(of("TimeUnixNano", i)) / 1e6,
      severity: severities[/\b(?:TRACE|DEBUG|INFO|WARN|ERROR)\b/.exec(body)?.[0] ?? ""] ?? 0,
      body,
      ...(traceId ? { traceId } : {}),
    };
  });
}

/** A line as the container wrote it. */
function textOf(line: string): string {
  try {
    const { log } = JSON.parse(line) as { log?: string };
    return (log ?? line).trim();
  } catch {
    return line;
  }
}
