import { describe, expect, it } from "vitest";
import type { LogSignal, SpanSignal } from "../signal/signal.ts";
import { sampleTraces, type TracesQuery } from "./sample-traces.ts";

const identity = { service: "cart", environment: "demo" };
const span = (traceId: string, startMs: number, over: Partial<SpanSignal> = {}): SpanSignal => ({
  kind: "span",
  ...identity,
  traceId,
  spanId: `${traceId}/${over.service ?? "cart"}`,
  name: "GET /",
  spanKind: "server",
  startMs,
  durationMs: 10,
  error: false,
  ...over,
});
const log = (timeMs: number, traceId?: string): LogSignal => ({
  kind: "log",
  ...identity,
  timeMs,
  severity: 9,
  body: `line ${timeMs}`,
  ...(traceId === undefined ? {} : { traceId }),
});
const query: TracesQuery = {
  environment: "demo",
  services: new Set(["cart"]),
  fromMs: 1_000,
  toMs: 100_000,
  spansMax: 1_000,
  logsMax: 1_000,
};
const sample = (spans: SpanSignal[], logs: LogSignal[] = [], over: Partial<TracesQuery> = {}) =>
  sampleTraces({ spans: () => spans, logs: () => logs }, { ...query, ...over });

describe("whole traces of lately", () => {
  it("given a trace that touches a service, then all of its spans are there; others are not", () => {
    const found = sample([
      span("a", 2_000),
      span("a", 2_000, { service: "store" }),
      span("b", 2_000, { service: "mail" }),
    ]);
    expect(found.spans.map((s) => s.spanId)).toEqual(["a/cart", "a/store"]);
    expect(found.traces).toEqual({ all: 1, taken: 1 });
  });

  it("given a trace that may still lack spans, then it is left out", () =>
    expect(sample([span("a", 2_000), span("a", 99_995, { service: "store" })]).spans).toEqual([]));

  it("given more than there is room for, then whole traces are taken, as many before as since, slow or not", () => {
    const spans = Array.from({ length: 400 }, (_, i) => [
      span(`t${i}`, 2_000 + i * 200, { durationMs: i % 2 === 0 ? 10 : 900 }),
      span(`t${i}`, 2_000 + i * 200, { service: "store" }),
    ]).flat();
    const { spans: taken, traces } = sample(spans, [], { spansMax: 200 });
    expect(traces).toEqual({ all: 400, taken: 100 });
    expect(taken).toHaveLength(200);
    const late = taken.filter((s) => s.startMs > 42_000).length;
    expect(late).toBeGreaterThan(60);
    expect(late).toBeLessThan(140);
    const slow = taken.filter((s) => s.durationMs === 900).length;
    expect(slow).toBeGreaterThan(30);
    expect(slow).toBeLessThan(70);
  });

  it("given lines, then those of traces that were taken, and a share of those of none", () => {
    const spans = Array.from({ length: 100 }, (_, i) => span(`t${i}`, 2_000 + i));
    const lines = [
      ...spans.map((s) => log(s.startMs, s.traceId)),
      ...Array.from({ length: 100 }, (_, i) => log(3_000 + i)),
    ];
    const { logs, traces } = sample(spans, lines, { spansMax: 50 });
    expect(logs.filter((l) => l.traceId !== undefined)).toHaveLength(traces.taken);
    expect(logs.filter((l) => l.traceId === undefined)).toHaveLength(100);
    expect(sample(spans, lines, { logsMax: 40 }).logs.length).toBeLessThanOrEqual(40);
  });
});
