import type { Identity, LogSignal, MetricSignal, SpanSignal, TelemetrySignal } from "../../../loop/signal/signal.ts";
import { ProtoWriter } from "./proto-writer.ts";

/**
 * Export requests of OTLP 1.x in protobuf, field numbers as in opentelemetry-proto. What a signal holds is in there; what was not read on
 * receipt is not: docs/reference/care-repo.md says what that is. `by`: the installation that sends it on, added to those before it.
 */
export const encodeOtlp = {
  traces: (spans: readonly SpanSignal[], by = ""): Buffer =>
    encode(spans, by, (w, of) => of.forEach((s) => w.message(2, () => span(w, s)))),
  logs: (logs: readonly LogSignal[], by = ""): Buffer =>
    encode(logs, by, (w, of) => of.forEach((l) => w.message(2, () => log(w, l)))),
  metrics: (metrics: readonly MetricSignal[], by = ""): Buffer =>
    encode(metrics, by, (w, of) => of.forEach((m) => w.message(2, () => metric(w, m)))),
} as const;

/** All three requests are built alike: resources, in each a scope, in it the items. */
function encode<S extends TelemetrySignal>(
  signals: readonly S[],
  by: string,
  items: (w: ProtoWriter, of: readonly S[]) => void,
): Buffer {
  const w = new ProtoWriter();
  for (const of of Map.groupBy(signals, resourceKey).values()) {
    const [first] = of;
    if (!first) continue;
    w.message(1, () => {
      w.message(1, () => resource(w, first, by));
      w.message(2, () => items(w, of));
    });
  }
  return w.bytes();
}

const resourceKey = ({ service, environment, instance = "", version = "", via = "" }: Identity): string =>
  `${service}\u0000${environment}\u0000${instance}\u0000${version}\u0000${via}`;

function resource(w: ProtoWriter, { service, environment, instance, version, via = "" }: Identity, by: string): void {
  attribute(w, 1, "service.name", service);
  if (environment !== "") attribute(w, 1, "deployment.environment.name", environment);
  if (instance !== undefined) attribute(w, 1, "service.instance.id", instance);
  if (version !== undefined) attribute(w, 1, "service.version", version);
  const through = [via, by].filter((text) => text !== "").join(",");
  if (through !== "") attribute(w, 1, "homeostat.forwarded_by", through);
}

function attribute(w: ProtoWriter, field: number, name: string, value: string | number): void {
  w.message(field, () => {
    w.text(1, name);
    w.message(2, () => (typeof value === "string" ? w.text(1, value) : w.varint(3, value)));
  });
}

const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

function span(w: ProtoWriter, s: SpanSignal): void {
  w.hex(1, s.traceId);
  w.hex(2, s.spanId);
  if (s.parentSpanId !== undefined) w.hex(4, s.parentSpanId);
  w.text(5, s.name);
  w.varint(6, kinds[s.spanKind]);
  w.nanos(7, s.startMs);
  w.nanos(8, s.startMs + s.durationMs);
  if (s.peer !== undefined) attribute(w, 9, "peer.service", s.peer);
  if (s.statusCode !== undefined && s.statusCode >= 0)
    attribute(w, 9, statusName(s.statusCode), Math.floor(s.statusCode));
  if (s.error) w.message(15, () => w.varint(3, 2));
}

/** Codes of HTTP begin at 100, those of gRPC end at 16. */
const statusName = (code: number): string => (code >= 100 ? "http.response.status_code" : "rpc.grpc.status_code");

function log(w: ProtoWriter, l: LogSignal): void {
  w.nanos(1, l.timeMs);
  w.varint(2, l.severity);
  w.message(5, () => w.text(1, l.body));
  if (l.traceId !== undefined) w.hex(9, l.traceId);
}

function metric(w: ProtoWriter, m: MetricSignal): void {
  const { value } = m;
  w.text(1, m.name);
  w.text(3, m.unit);
  if (value.type === "gauge") w.message(5, () => w.message(1, () => numberPoint(w, m, value.value, 0)));
  else if (value.type === "counter")
    w.message(7, () => {
      w.message(1, () => numberPoint(w, m, value.value, value.startMs));
      w.varint(2, temporality(value.delta));
      w.varint(3, Number(value.monotonic));
    });
  else
    w.message(9, () => {
      w.message(1, () => histogramPoint(w, m, value));
      w.varint(2, temporality(value.delta));
    });
}

const temporality = (delta: boolean): number => (delta ? 1 : 2);

function numberPoint(w: ProtoWriter, m: MetricSignal, value: number, startMs: number): void {
  if (startMs > 0) w.nanos(2, startMs);
  w.nanos(3, m.timeMs);
  w.double(4, value);
  for (const [name, text] of Object.entries(m.attributes)) attribute(w, 7, name, text);
}

function histogramPoint(
  w: ProtoWriter,
  m: MetricSignal,
  value: Extract<MetricSignal["value"], { type: "histogram" }>,
): void {
  if (value.startMs > 0) w.nanos(2, value.startMs);
  w.nanos(3, m.timeMs);
  w.fixed64(4, BigInt(Math.max(0, Math.round(value.count))));
  w.double(5, value.sum);
  w.packed(6, value.counts, "fixed64");
  w.packed(7, value.bounds, "double");
  for (const [name, text] of Object.entries(m.attributes)) attribute(w, 9, name, text);
}
