import { expect, test } from "vitest";
import type { MetricSignal } from "../../signal/signal.ts";
import { createNotableSeries } from "./notable-series.ts";

const startMs = 1_790_000_000_000;
const dayMs = 86_400_000;
const used = (instance: string, pool: number, timeMs: number): MetricSignal => ({
  kind: "metric",
  service: "cart",
  environment: "prod",
  instance,
  name: "jvm.memory.used",
  unit: "By",
  timeMs,
  attributes: { pool: String(pool) },
  value: { type: "gauge", value: 1 },
});

test("a service that is deployed each day shows the metrics of the instances it has now", () => {
  const series = createNotableSeries(() => true);
  for (let day = 0; day < 7; day++)
    for (let i = 0; i < 40; i++) {
      const nowMs = startMs + day * dayMs;
      series.take(used(`day-${day}`, i, nowMs), nowMs);
    }
  const kept = series.read("cart", "prod") ?? [];
  const of = (instance: string) => kept.filter((s) => s.instance === instance).length;
  expect([kept.length, of("day-0"), of("day-1"), of("day-2"), of("day-6")]).toEqual([200, 0, 0, 40, 40]);
  expect(series.stats()).toEqual({ notableSeries: 200, notableSeriesRefused: 0 });
});

test("streams that still come keep their place, and what finds none is counted", () => {
  const series = createNotableSeries(() => true);
  for (let i = 0; i < 201; i++) series.take(used("cart-1", i, startMs), startMs);
  expect(series.read("cart", "prod")).toHaveLength(200);
  expect(series.stats()).toEqual({ notableSeries: 200, notableSeriesRefused: 1 });
});
