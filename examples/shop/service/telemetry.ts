import { existsSync } from "node:fs";
import { context, propagation, SeverityNumber, type Histogram, type Meter, type Tracer } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { ExportResultCode, W3CTraceContextPropagator, type ExportResult } from "@opentelemetry/core";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

/** Who a process is, in the words of OpenTelemetry's resource. */
export interface Identity {
  readonly service: string;
  readonly version: string;
  readonly instance: string;
  readonly environment: string;
}

export interface Telemetry {
  readonly tracer: Tracer;
  readonly serverDuration: Histogram;
  readonly warn: (text: string) => void;
  readonly error: (text: string) => void;
  /** Sends what is left, waiting at most `limitMs`. */
  readonly close: (limitMs: number) => Promise<void>;
}

const bucketBoundsSeconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * The official SDK's pieces, put together by hand. Endpoint and headers come from the standard environment variables
 * `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_EXPORTER_OTLP_HEADERS`. While `offFile` exists everything is thrown away.
 */
export function startTelemetry(who: Identity, offFile: string): Telemetry {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const isOff = telemetrySwitch(offFile);
  const resource = resourceFromAttributes({
    "service.name": who.service,
    "service.version": who.version,
    "service.instance.id": who.instance,
    "deployment.environment.name": who.environment,
  });
  const spans = new BatchSpanProcessor({
    exporter: switchable(new OTLPTraceExporter(), isOff),
    scheduledDelayMillis: 1000,
    exportTimeoutMillis: 5000,
  });
  const traces = new TracerProvider({ resource, spanProcessors: [spans] });
  const records = new BatchLogRecordProcessor({
    exporter: switchable(new OTLPLogExporter(), isOff),
    scheduledDelayMillis: 1000,
    exportTimeoutMillis: 5000,
  });
  const logs = new LoggerProvider({ resource, processors: [records] });
  const reader = new PeriodicExportingMetricReader({
    exporter: switchable(new OTLPMetricExporter(), isOff),
    exportIntervalMillis: 5000,
    exportTimeoutMillis: 4000,
  });
  const metrics = new MeterProvider({ resource, readers: [reader] });
  const meter = metrics.getMeter("shop");
  describeProcess(meter);
  const logger = logs.getLogger("shop");
  const emit = (severityNumber: SeverityNumber, severityText: string) => (body: string) =>
    logger.emit({ severityNumber, severityText, body });
  const closeAll = () => Promise.allSettled([traces.shutdown(), logs.shutdown(), metrics.shutdown()]);
  return {
    tracer: traces.getTracer("shop"),
    serverDuration: meter.createHistogram("http.server.request.duration", {
      unit: "s",
      description: "duration of requests served",
      advice: { explicitBucketBoundaries: bucketBoundsSeconds },
    }),
    warn: emit(SeverityNumber.WARN, "WARN"),
    error: emit(SeverityNumber.ERROR, "ERROR"),
    close: async (limitMs) => {
      await Promise.race([closeAll(), new Promise((resolve) => setTimeout(resolve, limitMs))]);
    },
  };
}

function describeProcess(meter: Meter): void {
  meter
    .createObservableGauge("process.uptime", { unit: "s" })
    .addCallback((result) => result.observe(process.uptime()));
  meter
    .createObservableUpDownCounter("process.memory.usage", { unit: "By" })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  meter.createObservableCounter("process.cpu.time", { unit: "s" }).addCallback((result) => {
    const used = process.cpuUsage();
    result.observe(used.user / 1e6, { "cpu.mode": "user" });
    result.observe(used.system / 1e6, { "cpu.mode": "system" });
  });
}

/** Looks at the control file at most once a second. */
function telemetrySwitch(offFile: string): () => boolean {
  let lookedAtMs = 0;
  let off = false;
  return () => {
    if (Date.now() - lookedAtMs >= 1000) {
      off = existsSync(offFile);
      lookedAtMs = Date.now();
    }
    return off;
  };
}

/** What the three kinds of exporter have in common. */
interface Exporter<T> {
  export(items: T, done: (result: ExportResult) => void): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** The exporter, with an `export` that pretends success and sends nothing while telemetry is off. */
function switchable<T>(exporter: Exporter<T>, isOff: () => boolean): Exporter<T> {
  const send = exporter.export.bind(exporter);
  exporter.export = (items: T, done: (result: ExportResult) => void) =>
    isOff() ? done({ code: ExportResultCode.SUCCESS }) : send(items, done);
  return exporter;
}
