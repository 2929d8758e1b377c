import { SpanKind, SpanStatusCode, TraceFlags, type HrTime, type SpanContext } from "@opentelemetry/api";
import { ExportResultCode } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes, type Resource } from "@opentelemetry/resources";
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from "@opentelemetry/sdk-trace";
import type { Redactor } from "../../../ports/redactor.ts";
import type { StorySpan, Tracer } from "../../../ports/tracer.ts";

export interface OtlpTracerOptions {
  readonly version: string;
  /** The controller's id: `service.instance.id` of what it sends. */
  readonly instance: string;
  readonly redactor: Redactor;
}

const queueMax = 4_096;
const exportTimeoutMs = 5_000;
const succeeded: number = ExportResultCode.SUCCESS;

/**
 * Sends spans by the official SDK's batch processor and OTLP/HTTP exporter, which read the standard environment:
 * `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS` and their `_TRACES_` variants. Texts are redacted (I10).
 */
export function createOtlpTracer({ version, instance, redactor }: OtlpTracerOptions): Tracer {
  const count = { sent: 0, failed: 0 };
  const resource = resourceFromAttributes({
    "service.name": "homeostat",
    "service.version": version,
    "service.instance.id": instance,
  });
  const processor = new BatchSpanProcessor({
    exporter: counting(new OTLPTraceExporter({ timeoutMillis: exportTimeoutMs }), count),
    maxQueueSize: queueMax,
    scheduledDelayMillis: 1_000,
    exportTimeoutMillis: exportTimeoutMs,
  });
  return {
    emit: (spans) => spans.forEach((span) => processor.onEnd(readable(span, resource, version, redactor))),
    counters: () => ({ ...count }),
    close: () => processor.shutdown().catch(() => undefined),
  };
}

function counting(exporter: SpanExporter, count: { sent: number; failed: number }): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const code: number = result.code;
        count[code === succeeded ? "sent" : "failed"] += spans.length;
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

/** A finished span in the SDK's own form. The SDK's tracer is not used: it draws ids at random and tells only of now. */
function readable(span: StorySpan, resource: Resource, version: string, redactor: Redactor): ReadableSpan {
  const context = (spanId: string): SpanContext => ({
    traceId: span.traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
  });
  const clean = (value: StorySpan["attributes"][string]) =>
    typeof value === "string"
      ? redactor.redact(value)
      : typeof value === "object"
        ? value.map((v) => redactor.redact(v))
        : value;
  return {
    name: span.name,
    kind: SpanKind.INTERNAL,
    spanContext: () => context(span.spanId),
    ...(span.parentId === undefined ? {} : { parentSpanContext: context(span.parentId) }),
    startTime: hrTime(span.startMs),
    endTime: hrTime(span.endMs),
    duration: hrTime(span.endMs - span.startMs),
    status:
      span.error === undefined
        ? { code: SpanStatusCode.UNSET }
        : { code: SpanStatusCode.ERROR, message: redactor.redact(span.error) },
    attributes: Object.fromEntries(Object.entries(span.attributes).map(([name, value]) => [name, clean(value)])),
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: { name: "homeostat", version },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1e6)];
