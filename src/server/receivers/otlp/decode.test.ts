import { expect, test } from "vitest";
import { cleanText } from "../clean-text.ts";
import { itemsMax } from "./batch.ts";
import { decodeOtlp } from "./decode.ts";
import { writeMessage, type WireField } from "./wire-writer.ts";

const context = { clean: cleanText({ redact: (text) => text }), nowMs: 1_700_000_000_000 };
const traces = (body: Buffer) => decodeOtlp("traces", "protobuf", body, context);
const metrics = (...fields: WireField[]) => {
  const request = writeMessage([{ field: 1, message: [{ field: 2, message: fields }] }]);
  return decodeOtlp("metrics", "protobuf", request, context);
};

const text = (key: string, value: string, field: number): WireField => ({
  field,
  message: [
    { field: 1, text: key },
    { field: 2, message: [{ field: 1, text: value }] },
  ],
});
const seconds = (field: number, s: number): WireField => ({ field, fixed64: BigInt(s) * 1_000_000_000n });
const spanOf = (kind: number, attributes: Record<string, string>, status = 0): WireField[] => [
  { field: 1, bytes: Buffer.alloc(16, 1) },
  { field: 2, bytes: Buffer.alloc(8, 2) },
  { field: 6, varint: kind },
  seconds(7, 10),
  seconds(8, 11),
  { field: 15, message: [{ field: 3, varint: status }] },
  ...Object.entries(attributes).map(([key, value]) => text(key, value, 9)),
];
const request = (span: WireField[], resource: WireField[] = []) =>
  writeMessage([
    {
      field: 1,
      message: [
        { field: 2, message: [{ field: 2, message: span }] },
        { field: 1, message: resource },
      ],
    },
  ]);

test("a resource that comes after its spans, in two parts, still names them", () => {
  const frame: WireField = {
    field: 1,
    message: [
      { field: 1, message: [text("service.name", "cart", 1)] },
      { field: 2, message: [{ field: 2, message: spanOf(2, {}) }] },
      { field: 1, message: [text("deployment.environment", "prod", 1)] },
    ],
  };
  expect(traces(writeMessage([frame])).signals).toMatchObject([{ service: "cart", environment: "prod" }]);
});

test.each([
  [{}, "unknown_service", ""],
  [{ "service.name": "" }, "unknown_service", ""],
  [{ "deployment.environment": "old", "deployment.environment.name": "new" }, "unknown_service", "new"],
])("resource %j is service `%s` in environment `%s`", (resource, service, environment) => {
  const fields = Object.entries(resource).map(([key, value]) => text(key, value, 1));
  expect(traces(request(spanOf(1, {}), fields)).signals).toMatchObject([{ service, environment }]);
});

test.each([
  [{ "peer.service": "payment", "server.address": "10.0.0.1" }, "payment"],
  [{ "server.address": "payment.shop.svc", "server.port": "443" }, "payment.shop.svc"],
  [{ "server.address": "10.0.0.1", "server.port": "443" }, "10.0.0.1:443"],
  [{ "server.address": "::1", "server.port": "80" }, "[::1]:80"],
  [{ "net.peer.name": "localhost", "net.peer.port": "80" }, "localhost:80"],
  [{ "rpc.service": "shop.Payment", "db.system": "redis" }, "shop.Payment"],
  [{ "db.system": "redis" }, "redis"],
  [{ "messaging.destination.name": "orders" }, "orders"],
  [{ "http.route": "/" }, undefined],
])("a client span with %j calls %s", (attributes, peer) => {
  const [client, server] = [3, 2].map((kind) => traces(request(spanOf(kind, attributes))).signals[0]);
  expect(client?.kind === "span" ? client.peer : "none").toBe(peer);
  expect(server?.kind === "span" ? server.peer : "none").toBeUndefined();
});

test.each([
  [2, { "http.response.status_code": "500" }, 0, true, 500],
  [2, { "http.status_code": "503" }, 1, true, 503],
  [2, { "http.response.status_code": "404" }, 0, false, 404],
  [3, { "http.response.status_code": "500" }, 0, false, 500],
  [1, {}, 2, true, undefined],
  [2, { "rpc.grpc.status_code": "14" }, 0, false, 14],
])("kind %d with %j and status %d is an error: %s", (kind, attributes, status, error, statusCode) => {
  expect(traces(request(spanOf(kind, attributes, status))).signals).toMatchObject([{ error, statusCode }]);
});

test("a span with zero ids, without times, or ending before it starts is not believed", () => {
  const span = spanOf(2, {});
  const zero = span.with(0, { field: 1, bytes: Buffer.alloc(16) });
  expect(traces(request(zero))).toMatchObject({ rejected: 1, signals: [] });
  expect(traces(request(span.with(4, seconds(8, 0))))).toMatchObject({
    rejected: 1,
    why: "1 with no start or end time",
  });
  expect(traces(request(span.with(4, seconds(8, 9)))).signals).toMatchObject([{ durationMs: 0 }]);
});

const metric = (field: number, point: WireField[], temporality: number | undefined = 2): WireField => ({
  field: 2,
  message: [
    {
      field,
      message: [
        { field: 1, message: point },
        ...(temporality === undefined ? [] : [{ field: 2, varint: temporality }]),
      ],
    },
    { field: 1, text: "m" },
  ],
});
const gauge = 5;
const sum = 7;
const histogram = 9;
const summary = 11;

test.each([
  ["a summary", metric(summary, [seconds(3, 1)]), "1 with the summary type, which cannot be added up: send histograms"],
  ["a point without a value", metric(gauge, [seconds(3, 1)]), "1 with no value, or one that is not finite"],
  [
    "NaN",
    metric(gauge, [seconds(3, 1), { field: 4, double: Number.NaN }]),
    "1 with no value, or one that is not finite",
  ],
  ["a point without a time", metric(gauge, [{ field: 4, double: 1 }]), "1 with no time"],
  [
    "a sum without temporality",
    metric(sum, [seconds(3, 1), { field: 4, double: 1 }], 0),
    "1 with no aggregation temporality",
  ],
  [
    "a histogram whose counts contradict its count",
    metric(histogram, [seconds(3, 1), { field: 4, fixed64: 3n }, { field: 5, double: 1 }, { field: 6, fixed64: 2n }]),
    "1 with buckets that contradict their bounds or count",
  ],
  ["a histogram without a sum", metric(histogram, [seconds(3, 1), { field: 4, fixed64: 3n }]), "1 with no finite sum"],
  [
    "65 attributes",
    metric(gauge, [
      seconds(3, 1),
      { field: 4, double: 1 },
      ...Array.from({ length: 65 }, (_, i) => text(`k${i}`, "v", 7)),
    ]),
    "1 with more than 64 attributes",
  ],
])("%s is rejected with the reason, and not the request", (_, field, why) => {
  const good = metric(gauge, [seconds(3, 1), { field: 4, double: 1 }]);
  expect(metrics(field, good)).toMatchObject({ rejected: 1, why, signals: [{ value: { type: "gauge", value: 1 } }] });
});

test("a point that says nothing was recorded is neither taken nor rejected", () => {
  expect(metrics(metric(gauge, [seconds(3, 1), { field: 8, varint: 1 }]))).toEqual({
    signals: [],
    rejected: 0,
    why: "",
  });
});

test("integers may be negative, and unpacked buckets and fields of the future are understood", () => {
  const future: WireField = { field: 999, text: "new" };
  const point = [seconds(3, 1), future, { field: 6, fixed64: -5n }];
  expect(metrics(metric(sum, point, 1)).signals).toMatchObject([{ value: { value: -5, delta: true } }]);
  const buckets: WireField[] = [
    { field: 6, fixed64: 1n },
    { field: 6, fixed64: 2n },
    { field: 7, double: 0.5 },
  ];
  const told = metrics(
    metric(histogram, [seconds(3, 1), { field: 4, fixed64: 3n }, { field: 5, double: 4 }, ...buckets]),
  );
  expect(told.signals).toMatchObject([{ value: { bounds: [0.5], counts: [1, 2], count: 3, sum: 4 } }]);
});

test("a small body with a great many empty items is bounded", () => {
  const records = Buffer.alloc(2 * (itemsMax + 5), Buffer.from([0x12, 0]));
  const body = writeMessage([{ field: 1, message: [{ field: 2, bytes: records }] }]);
  const decoded = decodeOtlp("logs", "protobuf", body, context);
  expect(decoded.signals).toHaveLength(itemsMax);
  expect(decoded.rejected).toBe(5);
});

test("values nested without end are cut short, in both encodings", () => {
  let value: WireField = { field: 1, text: "deep" };
  for (let i = 0; i < 5_000; i += 1) {
    value = { field: 5, bytes: writeMessage([{ field: 1, bytes: writeMessage([value]) }]) };
  }
  const body = writeMessage([
    { field: 1, message: [{ field: 2, message: [{ field: 2, message: [{ field: 5, message: [value] }] }] }] },
  ]);
  const shown = `${"[".repeat(16)}null${"]".repeat(16)}`;
  expect(decodeOtlp("logs", "protobuf", body, context).signals).toMatchObject([{ body: shown }]);
  const json = `${'{"arrayValue":{"values":['.repeat(5_000)}{"stringValue":"deep"}${"]}}".repeat(5_000)}`;
  const request5000 = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${json}}]}]}]}`;
  expect(decodeOtlp("logs", "json", Buffer.from(request5000), context).signals).toMatchObject([{ body: shown }]);
});

test.each([
  ["group", [0x0b]],
  ["field 0", [0x00, 0x00]],
  ["an endless varint", [0x08, ...Array.from({ length: 11 }, () => 0xff)]],
  ["a length of 2^60", [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
])("%s is malformed", (_, bytes) => {
  expect(() => traces(Buffer.from(bytes))).toThrow(/at byte \d+ of/);
});
