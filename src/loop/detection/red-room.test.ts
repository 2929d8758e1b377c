import { expect, test } from "vitest";
import type { SpanSignal } from "../signal/signal.ts";
import { createRedAggregator } from "./red-aggregator.ts";
import { seriesKey } from "./red.ts";

const t0 = 1_700_000_000_000;
const minuteMs = 60_000;
let spans = 0;

const span = (service: string, over: Partial<SpanSignal> = {}): SpanSignal => ({
  kind: "span",
  service,
  environment: "prod",
  traceId: `t${spans++}`,
  spanId: "1",
  name: "GET /",
  spanKind: "server",
  startMs: t0,
  durationMs: 1,
  error: false,
  ...over,
});
const call = (service: string, peer: string, startMs = t0): SpanSignal =>
  span(service, { spanKind: "client", peer, startMs });
const places = new Set(["payment"]);
const create = (seriesMax: number) => createRedAggregator({ seriesMax }, (service) => places.has(service));
const worst = (aggregator: ReturnType<typeof create>, nowMs = t0) => aggregator.crowded(nowMs).flatMap((c) => c.worst);

test("a crawler's peers are bounded, and take no room from other services and their calls", () => {
  const aggregator = create(10_000);
  for (let i = 0; i < 20_000; i++) aggregator.add(call("crawler", `site-${i}.example`), t0);
  aggregator.add(call("checkout", "payment"), t0);
  expect(aggregator.stats()).toMatchObject({ series: 1_003, edges: 1_001, seriesRefused: 19_000 });
  expect(worst(aggregator)).toEqual(["callees of crawler: 19000 refused"]);
  expect(worst(aggregator, t0 + 2 * 60 * minuteMs)).toEqual([]);
});

test("a million callers of one service leave room for declared services, and are named", () => {
  const aggregator = create(1_000);
  for (let i = 0; i < 5_000; i++) aggregator.add(call(`client-${i}`, "gateway"), t0);
  aggregator.add(span("payment"), t0);
  aggregator.add(call("payment", "bank"), t0);
  const buckets = aggregator.close(t0 + minuteMs).map((b) => b.series);
  expect(buckets).toContain(seriesKey({ type: "service", service: "payment", environment: "prod" }));
  expect(buckets).toContain(seriesKey({ type: "edge", edge: { from: "payment", to: "bank" }, environment: "prod" }));
  expect(aggregator.stats()["series"]).toBe(902);
  expect(worst(aggregator)[0]).toMatch(/^further services: \d+ refused$/);
});

test("what came once makes room within minutes, and what was known for long keeps its room while it is silent", () => {
  const aggregator = create(1_000);
  for (let m = 0; m <= 70; m++) {
    const nowMs = t0 + m * minuteMs;
    aggregator.add(span("search", { startMs: nowMs }), nowMs);
    aggregator.close(nowMs);
  }
  const floodMs = t0 + 120 * minuteMs;
  aggregator.close(floodMs);
  expect(aggregator.stats()["series"]).toBe(0);
  for (let i = 0; i < 5_000; i++) aggregator.add(span(`once-${i}`, { startMs: floodMs }), floodMs);
  expect(aggregator.stats()["series"]).toBe(900);
  aggregator.add(span("search", { startMs: floodMs }), floodMs);
  expect(aggregator.stats()["series"]).toBe(901);
  aggregator.close(floodMs + 3 * minuteMs);
  expect(aggregator.stats()["series"]).toBe(0);
});
