import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { oneLine } from "../../../kernel/one-line.ts";
import type { TelemetrySignal } from "../../../loop/signal/signal.ts";
import { cleanText } from "../clean-text.ts";
import { decodeOtlp } from "./decode.ts";
import { Malformed } from "./malformed.ts";
import type { OtlpEncoding, OtlpSignal } from "./responses.ts";

/** The encoders of the OpenTelemetry project are the oracle: what they write, we read back. */
type Serializer = { serializeRequest(request: unknown): Uint8Array | undefined };
const serializers: Record<OtlpEncoding, Record<OtlpSignal, Serializer>> = {
  protobuf: { traces: ProtobufTraceSerializer, metrics: ProtobufMetricsSerializer, logs: ProtobufLogsSerializer },
  json: { traces: JsonTraceSerializer, metrics: JsonMetricsSerializer, logs: JsonLogsSerializer },
};

const context = { clean: cleanText({ redact: (text) => text }), nowMs: 1_700_000_000_000 };
const encode = (encoding: OtlpEncoding, signal: OtlpSignal, request: unknown): Buffer =>
  Buffer.from(serializers[encoding][signal].serializeRequest(request) ?? []);
const encodings = ["protobuf", "json"] as const;

const text = fc.string({ unit: "binary", maxLength: 60 }).filter((s) => s.isWellFormed() && oneLine(s) === s);
const name = text.filter((s) => s !== "");
const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((b) => b.some((x) => x !== 0))
    .map((b) => Buffer.from(b).toString("hex"));
const hrTime = fc.tuple(
  fc.integer({ min: 1, max: 4_000_000_000 }),
  fc.integer({ min: 0, max: 999 }).map((ms) => ms * 1e6),
);
const msOf = ([seconds, nanos]: readonly [number, number]) => seconds * 1_000 + nanos / 1e6;
const scalar = fc.oneof(
  text,
  fc.integer(),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((d) => !Number.isInteger(d)),
);
const attributes = fc.dictionary(
  name.filter((key) => key !== "__proto__"),
  scalar,
  { maxKeys: 8 },
);
const textsOf = (record: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(record).map(([k, v]) => [k, String(v)]));
const identity = fc.record({ service: name, environment: name, instance: name, version: name });
type Who = { service: string; environment: string; instance: string; version: string };
const resourceOf = (who: Who) => ({
  attributes: {
    "service.name": who.service,
    "deployment.environment.name": who.environment,
    "service.instance.id": who.instance,
    "service.version": who.version,
    "host.name": "elsewhere",
  },
});
const scope = { name: "test", version: "1", attributes: { a: 1 } };
const spanKinds = ["internal", "server", "client", "producer", "consumer"] as const;

const spanModel = fc.record({
  who: identity,
  traceId: hex(16),
  spanId: hex(8),
  parentSpanId: fc.option(hex(8), { nil: undefined }),
  name,
  kind: fc.nat(4),
  start: hrTime,
  durationMs: fc.nat(100_000),
  status: fc.constantFrom(0, 1, 2),
  http: fc.option(fc.integer({ min: 100, max: 599 }), { nil: undefined }),
  peer: fc.option(name, { nil: undefined }),
  others: attributes,
});
type SpanModel = typeof spanModel extends fc.Arbitrary<infer T> ? T : never;

function sdkSpan(m: SpanModel) {
  const endMs = m.start[1] / 1e6 + m.durationMs;
  return {
    name: m.name,
    kind: m.kind,
    spanContext: () => ({ traceId: m.traceId, spanId: m.spanId, traceFlags: 1 }),
    parentSpanContext: m.parentSpanId && { traceId: m.traceId, spanId: m.parentSpanId, traceFlags: 1 },
    startTime: m.start,
    endTime: [m.start[0] + Math.floor(endMs / 1_000), (endMs % 1_000) * 1e6],
    status: { code: m.status, message: "said so" },
    attributes: {
      ...m.others,
      ...(m.http === undefined ? {} : { "http.response.status_code": m.http }),
      ...(m.peer === undefined ? {} : { "peer.service": m.peer }),
    },
    events: [{ name: "exception", time: m.start, attributes: m.others }],
    links: [{ context: { traceId: m.traceId, spanId: m.spanId, traceFlags: 1 }, attributes: {} }],
    resource: resourceOf(m.who),
    instrumentationScope: scope,
    droppedAttributesCount: 1,
    droppedEventsCount: 2,
    droppedLinksCount: 3,
  };
}

function spanExpected(m: SpanModel) {
  const spanKind = spanKinds[m.kind] ?? "internal";
  return {
    kind: "span",
    ...m.who,
    traceId: m.traceId,
    spanId: m.spanId,
    parentSpanId: m.parentSpanId,
    name: m.name,
    spanKind,
    startMs: msOf(m.start),
    durationMs: expect.closeTo(m.durationMs, 2),
    error: m.status === 2 || (spanKind === "server" && (m.http ?? 0) >= 500),
    peer: spanKind === "client" || spanKind === "producer" ? m.peer : undefined,
    statusCode: m.http,
  };
}

test("spans written by the OpenTelemetry encoders are read back, in both encodings", () => {
  fc.assert(
    fc.property(fc.array(spanModel, { maxLength: 5 }), (models) => {
      for (const encoding of encodings) {
        const body = encode(encoding, "traces", models.map(sdkSpan));
        const decoded = decodeOtlp("traces", encoding, body, context);
        expect(decoded).toEqual({ signals: models.map(spanExpected), rejected: 0, why: "" });
      }
    }),
  );
});

const logModel = fc.record({
  who: identity,
  time: hrTime,
  severity: fc.integer({ min: 0, max: 24 }),
  body: fc.oneof(text, fc.array(scalar, { maxLength: 4 }), attributes, fc.integer(), fc.boolean()),
  traceId: fc.option(hex(16), { nil: undefined }),
});

test("log records written by the OpenTelemetry encoders are read back, in both encodings", () => {
  fc.assert(
    fc.property(fc.array(logModel, { maxLength: 5 }), (models) => {
      const records = models.map((m) => ({
        hrTime: m.time,
        hrTimeObserved: m.time,
        spanContext:
          m.traceId === undefined ? undefined : { traceId: m.traceId, spanId: "00000000000000ff", traceFlags: 1 },
        severityNumber: m.severity,
        severityText: "WARN",
        body: m.body,
        resource: resourceOf(m.who),
        instrumentationScope: scope,
        attributes: { a: 1 },
        droppedAttributesCount: 0,
      }));
      for (const encoding of encodings) {
        const decoded = decodeOtlp("logs", encoding, encode(encoding, "logs", records), context);
        expect(decoded.signals).toEqual(
          models.map((m) => ({
            kind: "log",
            ...m.who,
            timeMs: msOf(m.time),
            severity: m.severity,
            body: typeof m.body === "string" ? m.body : JSON.stringify(m.body),
            traceId: m.traceId,
          })),
        );
      }
    }),
  );
});

const counts = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 12 });
const total = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
/** JSON does not tell -0 from 0. */
const finiteDouble = fc.double({ noNaN: true, noDefaultInfinity: true }).map((d) => (d === 0 ? 0 : d));
const point = fc.record({ attributes, start: hrTime, time: hrTime, value: finiteDouble, counts });
const metricModel = fc.record({
  name,
  unit: text,
  type: fc.constantFrom("gauge", "sum", "histogram" as const),
  delta: fc.boolean(),
  monotonic: fc.boolean(),
  points: fc.array(point, { maxLength: 4 }),
});
type MetricModel = typeof metricModel extends fc.Arbitrary<infer T> ? T : never;
const boundsOf = (list: readonly number[]) => list.slice(1).map((_, i) => i * 2.5 - 1);

function sdkMetric(m: MetricModel) {
  return {
    descriptor: { name: m.name, unit: m.unit, description: "told", valueType: 1 },
    aggregationTemporality: m.delta ? 0 : 1,
    dataPointType: { histogram: 0, gauge: 2, sum: 3 }[m.type],
    isMonotonic: m.monotonic,
    dataPoints: m.points.map((p) => ({
      attributes: p.attributes,
      startTime: p.start,
      endTime: p.time,
      value:
        m.type === "histogram"
          ? {
              buckets: { boundaries: boundsOf(p.counts), counts: p.counts },
              count: total(p.counts),
              sum: p.value,
              min: 0,
              max: 9,
            }
          : p.value,
    })),
  };
}

const metricExpected = (m: MetricModel, who: Who) =>
  m.points.map((p) => {
    const startMs = msOf(p.start);
    const value = {
      gauge: { type: "gauge", value: p.value },
      sum: { type: "counter", value: p.value, monotonic: m.monotonic, delta: m.delta, startMs },
      histogram: {
        type: "histogram",
        delta: m.delta,
        startMs,
        count: total(p.counts),
        sum: p.value,
        bounds: boundsOf(p.counts),
        counts: p.counts,
      },
    }[m.type];
    return {
      kind: "metric",
      ...who,
      source: scope.name,
      name: m.name,
      unit: m.unit,
      timeMs: msOf(p.time),
      attributes: textsOf(p.attributes),
      value,
    };
  });

test("metrics written by the OpenTelemetry encoders are read back, in both encodings", () => {
  fc.assert(
    fc.property(identity, fc.array(metricModel, { maxLength: 4 }), (who, models) => {
      const request = { resource: resourceOf(who), scopeMetrics: [{ scope, metrics: models.map(sdkMetric) }] };
      for (const encoding of encodings) {
        const decoded = decodeOtlp("metrics", encoding, encode(encoding, "metrics", request), context);
        expect(decoded).toEqual({ signals: models.flatMap((m) => metricExpected(m, who)), rejected: 0, why: "" });
      }
    }),
  );
});

function bucketsOf(signal: TelemetrySignal | undefined): { bounds: readonly number[]; counts: readonly number[] } {
  if (signal?.kind === "metric" && signal.value.type === "histogram") return signal.value;
  throw new Error("no histogram was decoded");
}

const exponential = fc.record({
  scale: fc.integer({ min: -10, max: 20 }),
  zeroCount: fc.nat(50),
  positive: fc.record({
    offset: fc.integer({ min: -500, max: 500 }),
    bucketCounts: fc.array(fc.nat(99), { maxLength: 160 }),
  }),
  negative: fc.record({
    offset: fc.integer({ min: -500, max: 500 }),
    bucketCounts: fc.array(fc.nat(99), { maxLength: 160 }),
  }),
});

test("an exponential histogram keeps its count, in ascending bounds, the same in both encodings", () => {
  fc.assert(
    fc.property(exponential, (value) => {
      const count = value.zeroCount + total(value.positive.bucketCounts) + total(value.negative.bucketCounts);
      const metric = {
        descriptor: { name: "d", unit: "s", description: "", valueType: 1 },
        aggregationTemporality: 1,
        dataPointType: 1,
        dataPoints: [{ attributes: {}, startTime: [1, 0], endTime: [2, 0], value: { ...value, count, sum: 1 } }],
      };
      const request = { resource: { attributes: {} }, scopeMetrics: [{ scope, metrics: [metric] }] };
      const [a, b] = encodings.map((encoding) =>
        decodeOtlp("metrics", encoding, encode(encoding, "metrics", request), context),
      );
      expect(a).toEqual(b);
      const { bounds, counts: got } = bucketsOf(a?.signals[0]);
      expect(total(got)).toBe(count);
      expect(got.length).toBe(bounds.length + 1);
      expect(bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] ?? bound))).toBe(true);
    }),
  );
});

test("truncated anywhere inside its message, a request is refused", () => {
  fc.assert(
    fc.property(
      fc.array(spanModel, { minLength: 1, maxLength: 2 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (models, at) => {
        for (const encoding of encodings) {
          const same = models.map((m) => ({ ...sdkSpan(m), resource: resource0, instrumentationScope: scope }));
          const body = encode(encoding, "traces", same);
          const cut = Math.max(1, Math.floor(body.byteLength * at));
          expect(() => decodeOtlp("traces", encoding, body.subarray(0, cut), context)).toThrow(Malformed);
        }
      },
    ),
  );
});
const resource0 = resourceOf({ service: "a", environment: "b", instance: "c", version: "d" });

const attempt = (signal: OtlpSignal, encoding: OtlpEncoding, body: Buffer) => {
  try {
    decodeOtlp(signal, encoding, body, context);
  } catch (error) {
    expect(error).toBeInstanceOf(Malformed);
  }
};

test("random bytes and damaged requests end in a result or in Malformed, never otherwise", () => {
  const signals = ["traces", "metrics", "logs"] as const;
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 });
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(spanModel, { minLength: 1, maxLength: 2 }),
      damage,
      (noise, models, changes) => {
        for (const signal of signals) for (const encoding of encodings) attempt(signal, encoding, Buffer.from(noise));
        for (const encoding of encodings) {
          const body = encode(encoding, "traces", models.map(sdkSpan));
          for (const [at, byte] of changes) body[at % body.byteLength] = byte;
          for (const signal of signals) attempt(signal, encoding, body);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("any JSON is a result or Malformed, never otherwise", () => {
  const keys = [
    "resourceSpans",
    "resource",
    "attributes",
    "key",
    "value",
    "scopeSpans",
    "spans",
    "traceId",
    "status",
    "kind",
    "kvlistValue",
    "values",
  ];
  const json = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 6 },
      fc.jsonValue(),
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie("node")),
    ),
  })).node;
  fc.assert(
    fc.property(json, (value) => {
      try {
        decodeOtlp("traces", "json", Buffer.from(JSON.stringify(value)), context);
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }),
  );
});
