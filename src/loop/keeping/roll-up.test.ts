import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketMs, durationBoundsMs, type RedBucket } from "../detection/red.ts";
import type { MetricSignal } from "../signal/signal.ts";
import { createMinuteSeries } from "./minute-series.ts";
import { addBucket, bucketRow, spreadRow } from "./roll-up-buckets.ts";
import type { PointRow, RedRow } from "./row.ts";

const startMs = Date.parse("2026-11-20T12:00:00Z");
const who = { service: "cart", environment: "prod", instance: "cart-1", version: undefined };

const metric = (
  afterMs: number,
  value: MetricSignal["value"],
  attributes: Record<string, string> = {},
): MetricSignal => ({
  kind: "metric",
  ...who,
  name: "m",
  unit: "1",
  timeMs: startMs + afterMs,
  attributes,
  value,
});
const gauge = (afterMs: number, value: number, attributes?: Record<string, string>): MetricSignal =>
  metric(afterMs, { type: "gauge", value }, attributes);
const histogram = (afterMs: number, delta: boolean, counts: number[]): MetricSignal =>
  metric(afterMs, {
    type: "histogram",
    delta,
    startMs: startMs - 1_000 + afterMs,
    count: counts.reduce((a, b) => a + b, 0),
    sum: 2,
    bounds: [1, 2],
    counts,
  });

function rolledUp(points: readonly MetricSignal[]): PointRow[] {
  const series = createMinuteSeries();
  for (const point of points) series.add(point);
  return series.takeEndedBy(startMs + 60_000);
}

describe("a minute of a series", () => {
  test("says how many points it had, their least, greatest and sum, and the last, in whatever order they came", () => {
    const values = fc.array(fc.tuple(fc.nat({ max: 59_999 }), fc.integer()), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, (points) => {
        const [row, ...more] = rolledUp(points.map(([after, value]) => gauge(after, value)));
        const of = points.map(([, value]) => value);
        const lastMs = Math.max(...points.map(([after]) => after));
        expect(more).toEqual([]);
        expect(row).toMatchObject({
          timeMs: startMs,
          widthMs: 60_000,
          points: of.length,
          min: Math.min(...of),
          max: Math.max(...of),
          sum: of.reduce((a, b) => a + b, 0),
        });
        expect(points.filter(([after]) => after === lastMs).map(([, value]) => value)).toContain(row?.last);
      }),
    );
  });

  test("keeps the last of a cumulative histogram, and adds up the deltas of one", () => {
    const counts = [
      [1, 2, 0],
      [3, 2, 1],
    ];
    const rows = (delta: boolean) => rolledUp(counts.map((c, i) => histogram(i * 1_000, delta, c)));
    expect(rows(false)).toMatchObject([{ points: 2, observations: 6, counts: [3, 2, 1] }]);
    expect(rows(true)).toMatchObject([{ points: 2, observations: 9, observedSum: 4, counts: [4, 4, 1] }]);
  });

  test("is one for each set of attributes, and for each instance", () => {
    const points = [gauge(1, 1, { a: "1", b: "2" }), gauge(2, 2, { a: "1", b: "2" }), gauge(3, 3, { a: "1" })];
    expect(rolledUp(points)).toHaveLength(2);
    expect(rolledUp([...points, { ...gauge(4, 4, { a: "1" }), instance: "cart-2" }])).toHaveLength(3);
  });

  test("of a metric with too many series, what is over shares one, is counted, and its attribute is named (I11)", () => {
    const series = createMinuteSeries({ seriesPerMetricMax: 10, seriesMax: 15 });
    for (let i = 0; i < 1_000; i++) expect(series.add(gauge(i, i, { queue: `q${i % 2}`, user: `${i}` }))).toBe(true);
    expect(series.stats()).toMatchObject({ series: 11, crowdedPoints: 990, worst: { name: "m", attribute: "user" } });
    const rows = series.takeEndedBy(startMs + 60_000);
    expect(rows.reduce((n, r) => n + r.points, 0)).toBe(1_000);
    expect(rows.find((r) => r.points > 1)?.attributes).toEqual({ "otel.metric.overflow": "true" });
  });

  test("says when there is no room at all, and has room again once a minute went", () => {
    const series = createMinuteSeries({ seriesPerMetricMax: 10, seriesMax: 3 });
    const named = (name: string, after = 0) => series.add({ ...gauge(after, 1), name });
    expect(["a", "b", "c", "d"].map((name) => named(name))).toEqual([true, true, true, false]);
    expect(series.isFull()).toBe(true);
    expect(series.takeOldest()).toHaveLength(3);
    expect(named("d")).toBe(true);
  });
});

describe("a minute of RED", () => {
  const durations = durationBoundsMs.map(() => 0).concat(0);
  const bucket = (slot: number, count: number): RedBucket => ({
    series: "s",
    startMs: startMs + slot * bucketMs,
    count,
    errors: Math.min(count, 1),
    ownErrors: 0,
    durationSumMs: count * 2.5,
    durations: durations.with(3, count),
  });

  test("holds what its buckets hold, and spread again is there only where something was seen (B7)", () => {
    const slots = fc.uniqueArray(fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 1_000 })), {
      selector: ([slot]) => slot,
      minLength: 1,
    });
    fc.assert(
      fc.property(slots, (given) => {
        const minute = new Map<string, RedRow>();
        for (const [slot, count] of given) addBucket(minute, bucket(slot, count));
        const spread = [...minute.values()].flatMap(spreadRow);
        const sum = (of: readonly RedBucket[]) => of.reduce((n, b) => n + b.count + b.durationSumMs + b.errors, 0);
        expect(sum(spread)).toBeCloseTo(sum(given.map(([slot, count]) => bucket(slot, count))), 6);
        expect(spread.map((b) => b.startMs)).toEqual(
          given.map(([slot]) => startMs + slot * bucketMs).toSorted((a, b) => a - b),
        );
      }),
    );
  });

  test("a bucket that is kept whole comes back as it was", () => {
    expect(spreadRow(bucketRow(bucket(4, 7)))).toEqual([bucket(4, 7)]);
  });
});
