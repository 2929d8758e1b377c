import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MetricSignal, SpanSignal } from "../signal/signal.ts";
import { intervalOf, quantileOf } from "./duration-interval.ts";
import { createRedAggregator } from "./red-aggregator.ts";
import { durationBoundsMs, seriesKey, type RedBucket, type SeriesSubject } from "./red.ts";

const t0 = 1_700_000_000_000;
const of = (service: string): SeriesSubject => ({ type: "service", service, environment: "prod" });
const edge = (from: string, to: string): SeriesSubject => ({ type: "edge", edge: { from, to }, environment: "prod" });

let ids = 0;
const span = (over: Partial<SpanSignal>): SpanSignal => ({
  kind: "span",
  service: "cart",
  environment: "prod",
  traceId: "t",
  spanId: `s${ids++}`,
  name: "GET /cart",
  spanKind: "server",
  startMs: t0,
  durationMs: 30,
  error: false,
  ...over,
});

const find = (buckets: readonly RedBucket[], subject: SeriesSubject) =>
  buckets.find((b) => b.series === seriesKey(subject));

function closed(signals: readonly (SpanSignal | MetricSignal)[], closeMs = t0 + 60_000): RedBucket[] {
  const aggregator = createRedAggregator();
  for (const signal of signals) aggregator.add(signal, t0 + 1_000);
  return aggregator.close(closeMs);
}

describe("RED from spans", () => {
  it("counts a server span for its service, instance and version", () => {
    const buckets = closed([span({ instance: "cart-1", version: "1.2.0", error: true }), span({})]);
    expect(find(buckets, of("cart"))).toMatchObject({
      startMs: t0,
      count: 2,
      errors: 1,
      ownErrors: 1,
      durationSumMs: 60,
    });
    expect(find(buckets, { type: "version", service: "cart", environment: "prod", version: "1.2.0" })?.count).toBe(1);
    expect(find(buckets, { type: "instance", service: "cart", environment: "prod", instance: "cart-1" })?.errors).toBe(
      1,
    );
  });

  it("counts a call in the bucket in which it ended, so that slow calls are not late", () => {
    const [bucket] = closed([span({ startMs: t0 - 4_000, durationMs: 4_500 })]);
    expect(bucket?.startMs).toBe(t0);
  });

  it("calls an error its own unless a failed call of the same service explains it, whichever comes first", () => {
    const server = span({ spanId: "up", error: true });
    const call = span({ spanKind: "client", parentSpanId: "up", peer: "store", error: true });
    for (const order of [
      [server, call],
      [call, server],
    ])
      expect(find(closed(order), of("cart"))).toMatchObject({ errors: 1, ownErrors: 0 });
    expect(find(closed([server, { ...call, error: false }]), of("cart"))?.ownErrors).toBe(1);
    expect(find(closed([server, { ...call, service: "other" }]), of("cart"))?.ownErrors).toBe(1);
  });

  it("learns an edge from the peer a call names, or from the callee's span", () => {
    const named = closed([span({ service: "gateway", spanKind: "client", peer: "cart" })]);
    expect(find(named, edge("gateway", "cart"))?.count).toBe(1);
    const call = span({ service: "gateway", spanKind: "client", spanId: "call", error: true });
    const joined = closed([call, span({ parentSpanId: "call" })]);
    expect(find(joined, edge("gateway", "cart"))).toMatchObject({ count: 1, errors: 1 });
  });

  it("gives the edges of an environment seen lately", () => {
    const aggregator = createRedAggregator();
    aggregator.add(span({ spanKind: "client", peer: "store" }), t0);
    expect(aggregator.edges("prod", t0 + 10_000, 60_000)).toEqual([{ from: "cart", to: "store" }]);
    expect(aggregator.edges("prod", t0 + 120_000, 60_000)).toEqual([]);
    expect(aggregator.edges("staging", t0, 60_000)).toEqual([]);
  });

  it("closes a bucket 3 s after its end, once, and counts what comes later as late", () => {
    const aggregator = createRedAggregator();
    aggregator.add(span({}), t0);
    expect(aggregator.close(t0 + 7_999)).toEqual([]);
    expect(aggregator.close(t0 + 8_000)).toHaveLength(1);
    aggregator.add(span({}), t0 + 8_100);
    expect(aggregator.close(t0 + 60_000)).toEqual([]);
    expect(aggregator.stats()).toMatchObject({ late: 1, spans: 2 });
  });

  it("refuses what lies far from the clock, and series beyond the limit, and counts both (I11)", () => {
    const aggregator = createRedAggregator({ seriesMax: 2 });
    for (const startMs of [t0 + 3_600_000, t0 - 3_600_000, Number.NaN]) aggregator.add(span({ startMs }), t0);
    for (const service of ["a", "b", "c"]) aggregator.add(span({ service }), t0);
    expect(aggregator.close(t0 + 60_000)).toHaveLength(2);
    expect(aggregator.stats()).toMatchObject({ future: 2, past: 1, series: 2 });
    expect(aggregator.stats().seriesRefused).toBeGreaterThan(0);
  });

  it("loses and invents nothing, in whatever order spans come", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20_000), fc.boolean(), fc.nat(70_000)), { maxLength: 60 }), (rows) => {
        const spans = rows.map(([at, error, durationMs]) => span({ startMs: t0 + at - durationMs, durationMs, error }));
        const aggregator = createRedAggregator();
        for (const s of spans) aggregator.add(s, t0 + 20_000);
        const buckets = aggregator.close(t0 + 60_000);
        expect(buckets.reduce((n, b) => n + b.count, 0)).toBe(rows.length);
        expect(buckets.reduce((n, b) => n + b.errors, 0)).toBe(rows.filter(([, error]) => error).length);
        for (const b of buckets) expect(b.durations.reduce((n, x) => n + x, 0)).toBe(b.count);
      }),
    );
  });
});

const histogram = (over: {
  atMs: number;
  counts: number[];
  startMs?: number;
  delta?: boolean;
  attributes?: Record<string, string>;
  source?: string;
}): MetricSignal => ({
  ...(over.source === undefined ? {} : { source: over.source }),
  kind: "metric",
  service: "legacy",
  environment: "prod",
  name: "http.server.request.duration",
  unit: "s",
  timeMs: over.atMs,
  attributes: over.attributes ?? { "http.response.status_code": "200" },
  value: {
    type: "histogram",
    delta: over.delta ?? false,
    startMs: over.startMs ?? t0 - 60_000,
    count: over.counts.reduce((n, x) => n + x, 0),
    sum: 1,
    bounds: [0.1, 1],
    counts: over.counts,
  },
});

describe("RED from request metrics", () => {
  it("counts what a cumulative histogram adds, and starts anew when its sender does", () => {
    const aggregator = createRedAggregator();
    const told: readonly [number, number[], number?][] = [
      [0, [5, 5, 0]],
      [5_000, [8, 5, 0]],
      [10_000, [2, 0, 0], t0 + 6_000],
    ];
    for (const [at, counts, startMs] of told)
      aggregator.add(histogram({ atMs: t0 + at, counts, ...(startMs ? { startMs } : {}) }), t0 + at);
    const buckets = aggregator.close(t0 + 60_000).filter((b) => b.series === seriesKey(of("legacy")));
    expect(buckets.map((b) => b.count)).toEqual([0, 3, 2]);
  });

  it("counts a failing stream that appears later from its first report on", () => {
    const aggregator = createRedAggregator();
    aggregator.add(histogram({ atMs: t0, counts: [5, 0, 0] }), t0);
    aggregator.add(
      histogram({ atMs: t0 + 5_000, counts: [0, 4, 0], attributes: { "http.response.status_code": "503" } }),
      t0 + 5_000,
    );
    expect(aggregator.close(t0 + 60_000).at(-1)).toMatchObject({ count: 4, errors: 4 });
  });

  const counted = (points: readonly MetricSignal[], streamsMax = 1_000) => {
    const aggregator = createRedAggregator({ streamsMax });
    for (const point of points) aggregator.add(point, point.timeMs);
    const buckets = aggregator.close(t0 + 600_000).filter((b) => b.series === seriesKey(of("legacy")));
    return { aggregator, counts: buckets.map((b) => b.count) };
  };
  const turns = Array.from({ length: 6 }, (_, i) => i);

  it("counts two instances without a name by their pods, and by when each began", () => {
    const pods = turns.flatMap((i) => [
      histogram({ atMs: t0 + 5_000 * i, counts: [1_000_000 + i, 0, 0], source: "pod-1" }),
      histogram({ atMs: t0 + 5_000 * i + 1, counts: [3 * i, 0, 0], source: "pod-2" }),
    ]);
    expect(counted(pods).counts).toEqual([0, 4, 4, 4, 4, 4]);
    const starts = turns.flatMap((i) => [
      histogram({ atMs: t0 + 5_000 * i, counts: [1_000_000 + i, 0, 0], startMs: t0 - 3_600_000 }),
      histogram({ atMs: t0 + 5_000 * i + 1, counts: [3 * i, 0, 0], startMs: t0 - 60_000 }),
    ]);
    expect(counted(starts).counts).toEqual([0, 4, 4, 4, 4, 4]);
  });

  it("counts nothing and names the service where nothing tells two instances apart", () => {
    const alike = Array.from({ length: 20 }, (_, i) => [
      histogram({ atMs: t0 + 5_000 * i, counts: [1_000_000 + i, 0, 0], startMs: 0 }),
      histogram({ atMs: t0 + 5_000 * i + 1, counts: [3 * i, 0, 0], startMs: 0 }),
    ]).flat();
    const { aggregator, counts } = counted(alike);
    expect(counts.slice(2).every((n) => n === 0)).toBe(true);
    expect(aggregator.crowded(t0 + 100_000).flatMap((c) => c.worst)).toEqual(["requests of legacy: 37 refused"]);
    expect(aggregator.stats()["streamPointsShared"]).toBe(37);
  });

  it("does not count the whole life of a stream that had no room before", () => {
    const route = (name: string, atMs: number, n: number) =>
      histogram({ atMs, counts: [n, 0, 0], attributes: { "http.route": name } });
    const aggregator = createRedAggregator({ streamsMax: 1, idleMs: 60_000 });
    for (const i of turns) {
      aggregator.add(route("/a", t0 + i, 5), t0 + i);
      aggregator.add(route("/b", t0 + i, 1_000_000), t0 + i);
    }
    expect(aggregator.stats()).toMatchObject({ streams: 1, streamsRefused: 6 });
    aggregator.close(t0 + 120_000);
    aggregator.add(route("/b", t0 + 121_000, 1_000_001), t0 + 121_000);
    aggregator.add(route("/b", t0 + 126_000, 1_000_003), t0 + 126_000);
    expect(aggregator.close(t0 + 240_000).map((b) => b.count)).toEqual([0, 2]);
  });

  it("prefers spans", () => {
    const buckets = closed([
      span({ service: "legacy" }),
      histogram({ atMs: t0 + 100, counts: [9, 0, 0], delta: true }),
    ]);
    expect(find(buckets, of("legacy"))?.count).toBe(1);
  });

  it("makes a bucket without requests for a service heard from in another way (B7)", () => {
    const gauge: MetricSignal = {
      ...histogram({ atMs: t0, counts: [] }),
      name: "process.uptime",
      value: { type: "gauge", value: 1 },
    };
    expect(closed([gauge])).toMatchObject([{ series: seriesKey(of("legacy")), count: 0 }]);
  });
});

describe("duration intervals", () => {
  it("hold a duration between their bounds", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (ms) => {
        const i = intervalOf(ms);
        expect(ms).toBeLessThanOrEqual(durationBoundsMs[i] ?? Infinity);
        if (i > 0) expect(ms).toBeGreaterThan(durationBoundsMs[i - 1] ?? 0);
      }),
    );
  });

  it("give a quantile within a factor of the square root of 2", () => {
    const counts = Array.from({ length: durationBoundsMs.length + 1 }, () => 0);
    for (let ms = 1; ms <= 1_000; ms++) counts[intervalOf(ms)] = (counts[intervalOf(ms)] ?? 0) + 1;
    expect(quantileOf(counts, 0.95) / 950).toBeGreaterThan(0.7);
    expect(quantileOf(counts, 0.95) / 950).toBeLessThan(1.42);
  });
});
