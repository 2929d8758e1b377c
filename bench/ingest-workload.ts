import { writeMessage, type WireField } from "../src/server/receivers/otlp/wire-writer.ts";
import { remoteWriteBody, timePlaceholderBytes } from "./remote-write.ts";

export type Workload = "numbers" | "histograms" | "spans";

export const servicesCount = 100;
const servicesPerBody = 10;
const seriesPerService = 100;
/** Between two rounds, on the simulated clock: each series reports once in it. */
export const roundMs = 5_000;

/** Request bodies of one round, made once; before each round their times are written over in place. */
export interface Round {
  readonly bodies: readonly Buffer[];
  readonly pointsPerBody: number;
  setTimes(nowMs: number): void;
}

const timePlaceholder = 0x1122_3344_5566_7788n;
const placeholderBytes = Buffer.alloc(8);
placeholderBytes.writeBigUInt64LE(timePlaceholder);

const attribute = (field: number, key: string, value: string): WireField => ({
  field,
  message: [
    { field: 1, text: key },
    { field: 2, message: [{ field: 1, text: value }] },
  ],
});

const bodyCount = servicesCount / servicesPerBody;
const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** OTLP requests of 1,000 items each: 10 services with 100 series, or 100 spans, each with 6 attributes. */
export function otlpRound(workload: Workload): Round {
  const item = { numbers: numberPoint, histograms: histogramPoint, spans: span }[workload];
  const bodies = indices(bodyCount).map((body) =>
    writeMessage(indices(servicesPerBody).map((i) => frame(body * servicesPerBody + i, item))),
  );
  const places = bodies.map((body) => offsetsOf(body, placeholderBytes));
  return {
    bodies,
    pointsPerBody: servicesPerBody * seriesPerService,
    setTimes(nowMs) {
      const nanos = BigInt(nowMs) * 1_000_000n;
      bodies.forEach((body, i) => places[i]?.forEach((at) => body.writeBigUInt64LE(nanos, at)));
    },
  };
}

/** The number points of `otlpRound`, as samples of Prometheus' remote write. */
export function remoteWriteRound(): Round {
  const bodies = indices(bodyCount).map((body) =>
    remoteWriteBody(
      indices(servicesPerBody).flatMap((i) =>
        indices(seriesPerService).map((series) => ({
          labels: labelsOf(body * servicesPerBody + i, series),
          value: series * 1.5,
        })),
      ),
    ),
  );
  const places = bodies.map((body) => offsetsOf(body, timePlaceholderBytes()));
  return {
    bodies,
    pointsPerBody: servicesPerBody * seriesPerService,
    setTimes(nowMs) {
      const bytes = timePlaceholderBytes(nowMs);
      bodies.forEach((body, i) => places[i]?.forEach((at) => void bytes.copy(body, at)));
    },
  };
}

/** Fails when a placeholder is missing, so that no benchmark runs on stale times. */
function offsetsOf(body: Buffer, bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = body.indexOf(bytes); at >= 0; at = body.indexOf(bytes, at + bytes.byteLength)) found.push(at);
  if (found.length < servicesPerBody * seriesPerService) throw new Error("a time placeholder is missing");
  return found;
}

const seriesAttributes = (series: number): Record<string, string> => ({
  "http.request.method": series % 2 === 0 ? "GET" : "POST",
  "http.route": `/route/${series % 50}`,
  "http.response.status_code": "200",
  "url.scheme": "http",
  "network.protocol.version": "1.1",
  "server.port": "8080",
});

const labelsOf = (service: number, series: number): Record<string, string> => ({
  __name__: series % 2 === 0 ? "requests_total" : "queue_depth",
  instance: "1",
  job: `service-${service}`,
  ...Object.fromEntries(
    Object.entries(seriesAttributes(series)).map(([key, value]) => [key.replaceAll(".", "_"), value]),
  ),
});

function frame(service: number, item: (service: number, series: number) => WireField): WireField {
  const resource = [attribute(1, "service.name", `service-${service}`), attribute(1, "service.instance.id", "1")];
  const items = indices(seriesPerService).map((series) => item(service, series));
  return {
    field: 1,
    message: [
      { field: 1, message: resource },
      { field: 2, message: items },
    ],
  };
}

const attributesOf = (field: number, series: number): WireField[] =>
  Object.entries(seriesAttributes(series)).map(([key, value]) => attribute(field, key, value));

function numberPoint(_service: number, series: number): WireField {
  const point: WireField[] = [
    { field: 2, fixed64: 1_600_000_000_000_000_000n },
    { field: 3, fixed64: timePlaceholder },
    { field: 4, double: series * 1.5 },
    ...attributesOf(7, series),
  ];
  const gauge: WireField = { field: 5, message: [{ field: 1, message: point }] };
  const sum: WireField = {
    field: 7,
    message: [
      { field: 1, message: point },
      { field: 2, varint: 2 },
      { field: 3, varint: 1 },
    ],
  };
  const name = series % 2 === 0 ? "requests" : "queue.depth";
  return { field: 2, message: [{ field: 1, text: name }, { field: 3, text: "1" }, series % 2 === 0 ? sum : gauge] };
}

const packed = (write: (buffer: Buffer, i: number) => void, count: number) => {
  const bytes = Buffer.alloc(count * 8);
  for (let i = 0; i < count; i += 1) write(bytes, i);
  return bytes;
};

function histogramPoint(_service: number, series: number): WireField {
  const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
  const point: WireField[] = [
    { field: 2, fixed64: 1_600_000_000_000_000_000n },
    { field: 3, fixed64: timePlaceholder },
    { field: 4, fixed64: BigInt(bounds.length + 1) },
    { field: 5, double: 3.5 },
    { field: 6, bytes: packed((b, i) => b.writeBigUInt64LE(1n, i * 8), bounds.length + 1) },
    { field: 7, bytes: packed((b, i) => b.writeDoubleLE(bounds[i] ?? 0, i * 8), bounds.length) },
    ...attributesOf(9, series),
  ];
  const histogram: WireField = {
    field: 9,
    message: [
      { field: 1, message: point },
      { field: 2, varint: 1 },
    ],
  };
  return {
    field: 2,
    message: [{ field: 1, text: "http.server.request.duration" }, { field: 3, text: "s" }, histogram],
  };
}

function span(service: number, series: number): WireField {
  const id = (size: number) => {
    const bytes = Buffer.alloc(size, 7);
    bytes.writeUInt32BE(service * seriesPerService + series + 1);
    return bytes;
  };
  return {
    field: 2,
    message: [
      { field: 1, bytes: id(16) },
      { field: 2, bytes: id(8) },
      { field: 4, bytes: id(8) },
      { field: 5, text: `GET /route/${series % 50}` },
      { field: 6, varint: series % 4 === 0 ? 3 : 2 },
      { field: 7, fixed64: timePlaceholder },
      { field: 8, fixed64: timePlaceholder },
      ...attributesOf(9, series),
    ],
  };
}
