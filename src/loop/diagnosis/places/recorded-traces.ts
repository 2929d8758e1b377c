import type { LogSignal, SpanSignal } from "../../signal/signal.ts";
import { endOf } from "../../keeping/thin-spans.ts";
import type { RecordedLog, RecordedSpan } from "../rank/recording.ts";
import { templatesOf } from "../rank/template-lines.ts";
import type { Steps } from "./steps.ts";

/** Characters of a line that are looked at. */
const lineMax = 500;

/** Spans as a ranking reads them. A call that no span of the other end answers still is one: what it waits for is not its caller's own time. */
export function recordedSpans(spans: readonly SpanSignal[], steps: Steps): RecordedSpan[] {
  const within = spans.filter((s) => steps.isIn(s.startMs));
  const parents = new Set(within.map((s) => parentKey(s.traceId, s.parentSpanId)));
  return within.flatMap((s): RecordedSpan[] => {
    const span = recorded(s);
    const isOpen = s.spanKind === "client" && s.peer !== undefined && s.peer !== s.service;
    if (!isOpen || parents.has(parentKey(s.traceId, s.spanId))) return [span];
    const silent = { spanId: `${s.spanId}/unanswered`, parentId: s.spanId, place: s.peer ?? "", endMs: s.startMs };
    return [span, { ...span, ...silent }];
  });
}

const parentKey = (traceId: string, spanId = ""): string => `${traceId} ${spanId}`;

const recorded = (s: SpanSignal): RecordedSpan => ({
  traceId: s.traceId,
  spanId: s.spanId,
  ...(s.parentSpanId === undefined ? {} : { parentId: s.parentSpanId }),
  place: s.service,
  operation: s.name,
  startMs: s.startMs,
  endMs: endOf(s),
});

/** Lines by their templates, each in the span of its trace and service that was under way. */
export function recordedLogs(logs: readonly LogSignal[], spans: readonly RecordedSpan[], steps: Steps): RecordedLog[] {
  const within = logs.filter((l) => steps.isIn(l.timeMs));
  const templates = templatesOf(within.map((l) => ({ place: l.service, line: l.body.slice(0, lineMax) })));
  const byTrace = Map.groupBy(spans, (s) => parentKey(s.traceId, s.place));
  return within.map((log, i) => {
    const own = log.traceId === undefined ? [] : (byTrace.get(parentKey(log.traceId, log.service)) ?? []);
    const span = own.find((s) => s.startMs <= log.timeMs && log.timeMs <= s.endMs) ?? own[0];
    const template = templates[i] ?? "";
    return { place: log.service, timeMs: log.timeMs, template, ...(span ? { spanId: span.spanId } : {}) };
  });
}
