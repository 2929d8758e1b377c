import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MetricSignal } from "../../signal/signal.ts";
import { metricIdentity } from "./metric-identity.ts";
import { metricValue, noPast } from "./metric-value.ts";

const metric = (value: MetricSignal["value"], timeMs = 0, attributes: Record<string, string> = {}): MetricSignal => ({
  kind: "metric",
  service: "cart",
  environment: "prod",
  instance: "cart-1",
  name: "queue.depth",
  unit: "1",
  timeMs,
  attributes,
  value,
});
const gauge = (value: number, timeMs = 0) => metric({ type: "gauge", value }, timeMs);
const counter = (value: number, timeMs: number, more: Partial<{ startMs: number; delta: boolean }> = {}) =>
  metric({ type: "counter", monotonic: true, delta: false, startMs: 1, ...more, value }, timeMs);
const histogram = (count: number, sum: number, timeMs: number, startMs = 1) =>
  metric({ type: "histogram", delta: false, startMs, count, sum, bounds: [], counts: [count] }, timeMs);

/** What a series of points stands for. */
const valuesOf = (points: readonly MetricSignal[]) => {
  const past = noPast();
  return points.map((p) => metricValue(p, past));
};

describe("the number a point stands for", () => {
  test("is a gauge's value", () => expect(valuesOf([gauge(3, 1), gauge(-4, 2)])).toEqual([3, -4]));

  test("is what a counter adds a second, also over a restart", () =>
    expect(
      valuesOf([
        counter(100, 1_000),
        counter(150, 11_000),
        counter(20, 21_000),
        counter(40, 31_000, { startMs: 22_000 }),
      ]),
    ).toEqual([undefined, 5, 2, 4]));

  test("is a delta over the time it tells of", () =>
    expect(valuesOf([counter(30, 10_000, { delta: true, startMs: 5_000 })])).toEqual([6]));

  test("is the mean of what a histogram took in", () =>
    expect(
      valuesOf([
        histogram(10, 100, 1_000),
        histogram(14, 180, 2_000),
        histogram(14, 180, 3_000),
        histogram(2, 10, 4_000, 3_500),
      ]),
    ).toEqual([undefined, 20, undefined, 5]));

  test("is none for what is old or comes twice", () =>
    expect(valuesOf([gauge(1, 10), gauge(2, 10), gauge(3, 5), gauge(4, 11)])).toEqual([1, "duplicate", "late", 4]));
});

describe("the identity of a stream", () => {
  test("does not depend on the order of attributes", () => {
    const one = metricIdentity(metric({ type: "gauge", value: 1 }, 0, { a: "1", b: "2" }));
    expect(metricIdentity(metric({ type: "gauge", value: 9 }, 5, { b: "2", a: "1" }))).toBe(one);
  });

  test("differs for different attributes, names, services and instances", () => {
    const labels = fc.dictionary(fc.string({ maxLength: 4 }), fc.string({ maxLength: 4 }), { maxKeys: 3 });
    fc.assert(
      fc.property(labels, labels, (a, b) => {
        const key = (o: Record<string, string>) =>
          JSON.stringify(Object.entries(o).toSorted(([x], [y]) => (x < y ? -1 : 1)));
        const [one, two] = [a, b].map((attributes) =>
          metricIdentity(metric({ type: "gauge", value: 1 }, 0, attributes)),
        );
        expect(one === two).toBe(key(a) === key(b));
      }),
    );
  });

  test("is of its own for each of a hundred thousand", () => {
    const seen = new Set<number>();
    for (let i = 0; i < 100_000; i++)
      seen.add(metricIdentity(metric({ type: "gauge", value: 1 }, 0, { host: `node-${i % 500}`, disk: `sd${i}` })));
    expect(seen.size).toBe(100_000);
  });
});

describe("two instances that nothing tells apart", () => {
  const anonymous = (value: number, timeMs: number, startMs: number): MetricSignal => {
    const { instance: _, ...point } = counter(value, timeMs, { startMs });
    return point;
  };

  test("are noticed by their starts, and only the one that began last is followed", () => {
    const points = Array.from({ length: 6 }, (_, i) => [
      anonymous(1_000_000 + 10 * i, 20_000 + 10_000 * i, 1),
      anonymous(5_000 + 20 * i, 25_000 + 10_000 * i, 9_000),
    ]).flat();
    const [, , , ...told] = valuesOf(points);
    expect(told.filter((v) => v !== "shared")).toEqual([2, 2, 2, 2, 2]);
    expect(told.filter((v) => v === "shared")).toHaveLength(4);
  });

  test("are noticed by falling again and again, and told as none", () => {
    const points = Array.from({ length: 20 }, (_, i) => [
      anonymous(1_000_000 + 10 * i, 20_000 + 10_000 * i, 0),
      anonymous(5_000 + 20 * i, 25_000 + 10_000 * i, 0),
    ]).flat();
    expect(new Set(valuesOf(points).slice(5))).toEqual(new Set(["shared"]));
  });

  test("are told apart by where they run", () => {
    const on = (source: string) => metricIdentity({ ...gauge(1), source });
    expect(on("pod-1")).not.toBe(on("pod-2"));
  });
});
