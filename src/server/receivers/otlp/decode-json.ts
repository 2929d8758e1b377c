import { textMax, type CleanText } from "../clean-text.ts";
import { Batch, type DecodeContext, type Decoded } from "./batch.ts";
import { JsonCursor } from "./json-cursor.ts";
import { jsonPoint } from "./json-points.ts";
import { sourceOf, type Sender } from "./identity.ts";
import { jsonAnyValue, jsonIdentity, visitJsonAttributes } from "./json-value.ts";
import { LogDraft, logSignal } from "./log-record.ts";
import { Malformed } from "./malformed.ts";
import { metricSignal, PointDraft, type MetricFrame, type MetricKind } from "./metric-point.ts";
import { SpanDraft, spanKeys, spanSignal } from "./span.ts";

/**
 * OTLP/JSON (opentelemetry.io/docs/specs/otlp#json-protobuf-encoding): lowerCamelCase names, ids in hex, enums as
 * numbers, 64-bit integers as text or numbers; unknown members are ignored. All three throw Malformed with the path.
 */
export function decodeTracesJson(body: Buffer, context: DecodeContext): Decoded {
  const batch = new Batch();
  const draft = new SpanDraft();
  visitScopes(body, "Spans", context.clean, (scope, who) => {
    for (const span of scope.items("spans")) {
      fillSpan(span, draft);
      batch.take(spanSignal(draft, who, context.clean));
    }
  });
  return batch.decoded();
}

export function decodeLogsJson(body: Buffer, context: DecodeContext): Decoded {
  const batch = new Batch();
  const draft = new LogDraft();
  visitScopes(body, "Logs", context.clean, (scope, who) => {
    for (const record of scope.items("logRecords")) {
      fillLog(record, draft);
      batch.take(logSignal(draft, who, context));
    }
  });
  return batch.decoded();
}

export function decodeMetricsJson(body: Buffer, context: DecodeContext): Decoded {
  const batch = new Batch();
  const draft = new PointDraft();
  visitScopes(body, "Metrics", context.clean, (scope, who) => {
    const source = sourceOf(who, scope.get("scope")?.text("name") ?? "", context.clean);
    for (const metric of scope.items("metrics")) takeMetric(metric, { who, source }, draft, batch, context.clean);
  });
  return batch.decoded();
}

function visitScopes(
  body: Buffer,
  plural: "Spans" | "Logs" | "Metrics",
  clean: CleanText,
  visit: (scope: JsonCursor, who: Sender) => void,
): void {
  for (const frame of parse(body).items(`resource${plural}`)) {
    const who = jsonIdentity(frame, clean);
    for (const scope of frame.items(`scope${plural}`)) visit(scope, who);
  }
}

function parse(body: Buffer): JsonCursor {
  try {
    return new JsonCursor(JSON.parse(body.toString("utf8")));
  } catch (cause) {
    // The parser's own message quotes the body, which is not ours to repeat (I10).
    throw new Malformed("the body is not JSON", { cause });
  }
}

function fillSpan(span: JsonCursor, draft: SpanDraft): void {
  draft.reset();
  draft.traceId = span.hex("traceId", 16);
  draft.spanId = span.hex("spanId", 8);
  draft.parentSpanId = span.hex("parentSpanId", 8);
  draft.name = span.text("name");
  draft.kind = span.enumeration("kind");
  draft.startNanos = span.integer("startTimeUnixNano");
  draft.endNanos = span.integer("endTimeUnixNano");
  draft.status = span.get("status")?.enumeration("code") ?? 0;
  visitJsonAttributes(span, (key, value) => draft.attributes.set(key, value), spanKeys);
}

function fillLog(record: JsonCursor, draft: LogDraft): void {
  draft.reset();
  draft.timeNanos = record.integer("timeUnixNano");
  draft.observedNanos = record.integer("observedTimeUnixNano");
  draft.severity = record.enumeration("severityNumber");
  draft.eventName = record.text("eventName");
  draft.traceId = record.hex("traceId", 16);
  const body = record.get("body");
  if (body) draft.body = jsonAnyValue(body);
}

const kinds: readonly (readonly [string, MetricKind])[] = [
  ["gauge", "gauge"],
  ["sum", "sum"],
  ["histogram", "histogram"],
  ["exponentialHistogram", "exponential-histogram"],
  ["summary", "summary"],
];

type From = Pick<MetricFrame, "who" | "source">;

function takeMetric(metric: JsonCursor, from: From, draft: PointDraft, batch: Batch, clean: CleanText): void {
  const name = clean(metric.text("name"), textMax.name);
  const unit = clean(metric.text("unit"), textMax.name);
  for (const [member, kind] of kinds) {
    const data = metric.get(member);
    if (!data) continue;
    const temporality = data.enumeration("aggregationTemporality");
    const frame = { ...from, name, unit, kind, temporality, monotonic: data.flag("isMonotonic") };
    for (const point of data.items("dataPoints")) {
      jsonPoint(point, kind, draft, clean);
      const signal = metricSignal(frame, draft);
      if (signal !== "none") batch.take(signal);
    }
  }
}
