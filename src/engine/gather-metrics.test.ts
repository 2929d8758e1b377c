import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Incident } from "../loop/incident/incident.ts";
import type { MetricSeries, MetricWindow } from "../loop/signal/metric-series.ts";
import { momentsOf } from "../loop/signal/metric-series.ts";
import type { Service, ServiceMetric } from "../loop/signal/service.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import { evidenceLimits } from "../ports/evidence.ts";
import { gatherMetrics } from "./gather-metrics.ts";
import type { World } from "./world.ts";

const onsetMs = 10_000_000;
const nowMs = onsetMs + 60_000;
const incident = { environment: "prod", services: ["cart"], sinceMs: onsetMs } as unknown as Incident;
const service = (name: string, queries: readonly string[]): Service => {
  const metric = (query: string): ServiceMetric =>
    ({ name: query, query, unit: "s", direction: "higher", dimension: "latency" }) as const;
  return { name, environment: "prod", metrics: queries.map(metric) } as unknown as Service;
};
const series = (atMs: number, n = 1): MetricSeries[] =>
  Array.from({ length: n }, (_, i) => ({ labels: { i: `${i}` }, points: [{ atMs, value: 1 }] }));

/** A store that answers what is told, keeps what it was asked, and how many questions were open at one time. */
function storeOf(answer: (query: string, window: MetricWindow) => MetricSeries[] | Promise<MetricSeries[]>) {
  const seen = { queries: [] as string[], windows: [] as MetricWindow[], open: 0, atOnce: 0 };
  const source = {
    name: "the store",
    async over(query: string, window: MetricWindow) {
      seen.queries.push(query);
      seen.windows.push(window);
      seen.atOnce = Math.max(seen.atOnce, ++seen.open);
      try {
        return { series: await answer(query, window), unknown: 0, warnings: [] };
      } finally {
        seen.open--;
      }
    },
  };
  let clockMs = nowMs;
  const clock = { nowMs: () => clockMs };
  const world = { clock, evidence: () => source } as unknown as World;
  return { world, seen, pass: (ms: number) => void (clockMs += ms) };
}
const fresh = (_: string, { toMs }: MetricWindow) => series(toMs);

describe("metrics around an incident", () => {
  test("nothing is asked where nothing is declared", async () => {
    const { world, seen } = storeOf(fresh);
    expect(await gatherMetrics(world, incident, [service("cart", [])], nowMs)).toBeUndefined();
    expect(seen.queries).toEqual([]);
  });

  test("the hurt are asked first, and the answers come in the order of what is declared", async () => {
    const { world, seen } = storeOf(async (query, { toMs }) => {
      await sleep(query === "c1" ? 20 : 1);
      return series(toMs);
    });
    const found = await gatherMetrics(
      world,
      incident,
      [service("other", ["o1"]), service("cart", ["c1", "c2"])],
      nowMs,
    );
    expect(seen.queries).toEqual(["c1", "c2", "o1"]);
    expect(found?.metrics.map((m) => m.metric.query)).toEqual(["c1", "c2", "o1"]);
    expect(found?.missing).toEqual([]);
  });

  test("so many at once, so many in all, over half an hour before the onset (I11)", async () => {
    const { world, seen } = storeOf(async (_, { toMs }) => {
      await sleep(1);
      return series(toMs);
    });
    const queries = Array.from({ length: 20 }, (_, i) => `q${i}`);
    const services = ["a", "b", "c", "d"].map((name) => service(name, queries));
    const found = await gatherMetrics(world, incident, services, nowMs);
    expect([seen.queries.length, seen.atOnce]).toEqual([60, 4]);
    expect(found?.missing).toEqual(["20 declared metrics were not looked at"]);
    const [window] = seen.windows;
    expect(window?.fromMs).toBe(onsetMs - 30 * 60_000);
    expect(window?.toMs).toBe(nowMs);
    expect(window && momentsOf(window)).toBeLessThanOrEqual(evidenceLimits.momentsMax);
  });

  test("of an incident that lasts, the time around its onset is asked for", async () => {
    const { world, seen } = storeOf(fresh);
    await gatherMetrics(world, incident, [service("cart", ["q"])], onsetMs + 24 * 3_600_000);
    expect(seen.windows[0]?.toMs).toBe(onsetMs + 3_600_000);
  });

  test("a store that is away is asked no more, and named once", async () => {
    const away = new AdapterError("unreachable", "connection refused", { retryable: true });
    const { world, seen } = storeOf(() => Promise.reject(away));
    const found = await gatherMetrics(
      world,
      incident,
      [
        service(
          "cart",
          Array.from({ length: 20 }, (_, i) => `q${i}`),
        ),
      ],
      nowMs,
    );
    expect(seen.queries.length).toBeLessThanOrEqual(4);
    expect(found).toEqual({
      metrics: [],
      missing: ["the store: unreachable: connection refused", "20 declared metrics were not looked at"],
      down: [],
    });
  });

  test("a store that is slow is asked no more after a while", async () => {
    const { world, seen, pass } = storeOf((_, { toMs }) => {
      pass(4_000);
      return series(toMs);
    });
    const found = await gatherMetrics(
      world,
      incident,
      [
        service(
          "cart",
          Array.from({ length: 20 }, (_, i) => `q${i}`),
        ),
      ],
      nowMs,
    );
    expect(seen.queries.length).toBeLessThan(10);
    expect(found?.missing[0]).toMatch(/^1\d declared metrics were not looked at$/);
  });

  test("what is missing is named: refused, empty, stale, or too many to compare", async () => {
    const { world } = storeOf((query, { toMs }) => {
      if (query === "bad") throw new AdapterError("bad-query", "no such function");
      if (query === "none") return [];
      return query === "stale" ? series(toMs - 120_000) : query === "many" ? series(toMs, 21) : series(toMs);
    });
    const found = await gatherMetrics(
      world,
      incident,
      [service("cart", ["bad", "none", "stale", "many", "good"])],
      nowMs,
    );
    expect(found?.missing).toEqual([
      "metric bad of cart: bad-query: no such function",
      "metric many of cart: 21 series, at most 20 are compared: aggregate in the query",
      "metric none of cart: no value",
      "metric stale of cart: no value in the last 120 s",
    ]);
    expect(found?.metrics.map((m) => m.metric.name)).toEqual(["stale", "good"]);
  });

  test("without a store it is said that there is none, and who gives no metrics is known all the same", async () => {
    const down = [
      { service: "cart", instance: "cart-1", sinceMs: onsetMs, why: "refused" },
      { service: "elsewhere", instance: "x", sinceMs: onsetMs, why: "refused" },
    ];
    const world = { clock: { nowMs: () => nowMs }, evidence: () => undefined, down: () => down } as unknown as World;
    expect(await gatherMetrics(world, incident, [service("cart", ["q"])], nowMs)).toEqual({
      metrics: [],
      missing: ["no Prometheus is named for prod"],
      down: down.slice(0, 1),
    });
    expect(await gatherMetrics(world, incident, [service("cart", [])], nowMs)).toMatchObject({
      missing: [],
      down: [{}],
    });
  });
});
