import { expect, test } from "vitest";
import { seededRandom } from "../../../kernel/random.ts";
import type { MetricSignal } from "../../signal/signal.ts";
import type { Finding } from "../finding.ts";
import { createMetricWatch, type MetricWatch } from "./metric-watch.ts";

const t0 = 1_790_000_000_000;
const stepMs = 10_000;

const gauge = (name: string, value: number, timeMs: number, more: Partial<MetricSignal> = {}): MetricSignal => ({
  kind: "metric",
  service: "cart",
  environment: "prod",
  name,
  unit: "",
  timeMs,
  attributes: {},
  value: { type: "gauge", value },
  ...more,
});

const names = [
  "process.cpu.utilization",
  "process.memory.usage",
  "queue.depth",
  "disk.io",
  "db.client.connections.usage",
];

/** Points of five noisy metrics over some steps, `shift` added to the first `shifted` of them. */
function live(watch: MetricWatch, random: () => number, from: number, steps: number, shifted = 0): Finding[] {
  const found: Finding[] = [];
  for (let i = from; i < from + steps; i++) {
    const nowMs = t0 + i * stepMs;
    for (const [n, name] of names.entries()) {
      const noise = random() + random() + random();
      watch.take(gauge(name, 10 * (n + 1) + noise + (n < shifted ? 20 : 0), nowMs), nowMs);
    }
    found.push(...watch.tick(nowMs));
  }
  return found;
}

test("noise alone is never a finding, however long it goes on", () => {
  for (let seed = 0; seed < 5; seed++) expect(live(createMetricWatch(), seededRandom(seed), 0, 5_000)).toEqual([]);
});

test("one metric alone is no finding, several at once are, with what each kind contributes, and it clears", () => {
  const [watch, random] = [createMetricWatch(), seededRandom(1)];
  live(watch, random, 0, 3_000);
  expect(live(watch, random, 3_000, 60, 1)).toEqual([]);
  live(watch, random, 3_060, 600, 1);
  const found = live(watch, random, 3_660, 30, 4);
  expect(found[0]).toMatchObject({ service: "cart", dimension: "metrics", state: "firing", direction: "above" });
  expect(found[0]?.summary).toMatch(/metrics unusual together \(.*(queue|saturation|traffic) \d/);
  expect(found[0]?.sinceMs).toBeGreaterThanOrEqual(t0 + 3_655 * stepMs);
  const after = live(watch, random, 3_690, 60, 4);
  expect(after.at(-1)?.state).toBe("cleared");
});

test("is heard while points come, and not by what it says of them afterwards", () => {
  const [watch, random] = [createMetricWatch(), seededRandom(1)];
  live(watch, random, 0, 3_000);
  expect(live(watch, random, 3_000, 10, 4)).not.toEqual([]);
  const nowMs = t0 + 3_009 * stepMs;
  expect(watch.isHeard("cart", "prod", nowMs + 60_000)).toBe(true);
  const still = [60_000, 125_000].flatMap((ms) => watch.tick(nowMs + ms).map((f) => f.state));
  expect(still).toEqual(["firing", "firing"]);
  expect(watch.isHeard("cart", "prod", nowMs + 125_000)).toBe(false);
  expect(watch.isHeard("cart", "test", nowMs)).toBe(false);
});

test("a metric told apart by something without bound is bounded, counted and named", () => {
  const watch = createMetricWatch({ perMetricMax: 100 });
  for (let i = 0; i < 5_000; i++) watch.take(gauge("http.requests", 1, t0, { attributes: { user: `u${i}` } }), t0);
  watch.take(gauge("queue.depth", 1, t0), t0);
  expect(watch.stats()).toMatchObject({ metricSeries: 101, metricSeriesRefused: 4_900 });
  expect(watch.crowded(t0)).toEqual(["cart/http.requests: 4900 refused"]);
});

test("declared services have room also when a service with endless metric names took all of theirs", () => {
  const watch = createMetricWatch(
    { seriesMax: 1_000, perServiceMax: 800, reserved: 100 },
    (service) => service === "payment",
  );
  for (let i = 0; i < 2_000; i++) watch.take(gauge(`m${i}`, 1, t0), t0);
  for (let i = 0; i < 2_000; i++) watch.take(gauge("m", 1, t0, { service: `s${i}` }), t0);
  watch.take(gauge("m", 1, t0, { service: "payment" }), t0);
  expect(watch.stats()).toMatchObject({ metricSeries: 901, metricSeriesRefused: 3_100 });
  expect(watch.crowded(t0)).toEqual(["metrics of further services: 1900 refused", "cart/*: 1200 refused"]);
  expect(watch.crowded(t0 + 2 * 3_600_000)).toEqual([]);
});

test("points of another time, that are no number or come twice, are counted and change nothing", () => {
  const watch = createMetricWatch();
  live(watch, seededRandom(2), 0, 300);
  const nowMs = t0 + 300 * stepMs;
  const bad = [
    gauge("queue.depth", Number.NaN, nowMs),
    gauge("queue.depth", Number.POSITIVE_INFINITY, nowMs + 1),
    gauge("queue.depth", 1e9, nowMs + 10 * 24 * 3_600_000),
    gauge("queue.depth", 1e9, nowMs - 24 * 3_600_000),
  ];
  for (const point of bad) watch.take(point, nowMs);
  live(watch, seededRandom(2), 299, 1);
  watch.take(gauge("queue.depth", 1, nowMs - 1.5 * stepMs), nowMs);
  expect(watch.stats()).toMatchObject({
    metricPointsNotFinite: 2,
    metricPointsFuture: 1,
    metricPointsLate: 3,
    metricPointsDuplicate: names.length - 1,
  });
  expect(watch.tick(nowMs)).toEqual([]);
});

test("streams that fell silent are forgotten", () => {
  const watch = createMetricWatch();
  live(watch, seededRandom(3), 0, 10);
  watch.tick(t0 + 3 * 3_600_000);
  expect(watch.stats().metricSeries).toBe(0);
});
