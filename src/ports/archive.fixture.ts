import { durationBoundsMs, seriesKey, type SeriesSubject } from "../loop/detection/red.ts";
import {
  noRows,
  type Batch,
  type LogRow,
  type PointRow,
  type RedRow,
  type Rows,
  type SpanRow,
} from "../loop/keeping/row.ts";

const cart = { service: "cart", environment: "prod" } as const;

/** A name that tries to be a command. */
export const hostile = `x' OR '1'='1"; DROP TABLE batch; -- \u{1F6D2}`;

export const thinned = (rows: Partial<Rows>): Batch => ({ whole: noRows, thinned: { ...noRows, ...rows } });
export const whole = (rows: Partial<Rows>): Batch => ({ whole: { ...noRows, ...rows }, thinned: noRows });

export const redRow = (startMs: number, over: Partial<RedRow> = {}, subject?: SeriesSubject): RedRow => ({
  series: seriesKey(subject ?? { type: "service", ...cart }),
  startMs,
  widthMs: 60_000,
  seen: 0b11,
  count: 12,
  errors: 2,
  ownErrors: 1,
  durationSumMs: 70.25,
  durations: Array.from({ length: durationBoundsMs.length + 1 }, (_, i) => (i === 9 ? 11 : i === 35 ? 1 : 0)),
  ...over,
});

export const spanRow = (endMs: number, over: Partial<SpanRow> = {}): SpanRow => ({
  kind: "span",
  ...cart,
  instance: "cart-1",
  version: undefined,
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: undefined,
  name: "GET /cart",
  spanKind: "server",
  startMs: endMs - 12.5,
  durationMs: 12.5,
  error: false,
  peer: undefined,
  statusCode: 200,
  share: 0.05,
  keptFor: "sample",
  ...over,
});

export const logRow = (timeMs: number, over: Partial<LogRow> = {}): LogRow => ({
  kind: "log",
  ...cart,
  instance: undefined,
  version: "1.2.0",
  timeMs,
  severity: 17,
  body: "cannot reach the store\n\tat line 2",
  traceId: undefined,
  share: 1,
  keptFor: "severe",
  ...over,
});

export const pointRow = (timeMs: number, over: Partial<PointRow> = {}): PointRow => ({
  ...cart,
  instance: undefined,
  version: undefined,
  name: "queue.depth",
  unit: "1",
  type: "gauge",
  monotonic: false,
  delta: false,
  startMs: 0,
  timeMs,
  widthMs: 60_000,
  attributes: { queue: "orders", "user.id": hostile },
  points: 4,
  min: 1,
  max: 9,
  sum: 20,
  last: 3,
  observations: undefined,
  observedSum: undefined,
  bounds: undefined,
  counts: undefined,
  ...over,
});
