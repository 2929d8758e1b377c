import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRedAggregator } from "../../loop/detection/red-aggregator.ts";
import { bucketMs } from "../../loop/detection/red.ts";
import type { Service } from "../../loop/signal/service.ts";
import { createScraping, type Scraping } from "./scraping.ts";
import { createDetector } from "../../loop/detection/detector.ts";
import { createSight } from "../sight/sight.ts";

let server: Server;
let answer: RequestListener;
let asked: string[];
let scraping: Scraping;
let nowMs: number;
let mine: boolean;
let services: readonly Service[];
const clock = { nowMs: () => nowMs };
const url = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

const serviceOf = (name: string, targets: Record<string, string>, intervalMs = 5_000): Service =>
  ({
    name,
    telemetryName: `${name}-svc`,
    environment: "prod",
    scrape: { intervalMs, targets: Object.entries(targets).map(([instance, path]) => ({ instance, url: url(path) })) },
  }) as unknown as Service;

const aggregator = () => createRedAggregator();
let seen: ReturnType<typeof aggregator>;

beforeEach(async () => {
  asked = [];
  nowMs = 1_795_500_000_000;
  mine = true;
  services = [];
  answer = (_, response) => void response.end("depth 1\n");
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  seen = aggregator();
  const { intake } = createSight(seen, createDetector(), clock.nowMs);
  const parts = { services: () => services, intake, clean: (text: string) => text, clock };
  scraping = createScraping({ ...parts, turn: async () => mine });
});
afterEach(async () => {
  await scraping.close();
  server.closeAllConnections();
  server.close();
});

/** Goes on by so much, looking every half second as the loop does, and lets what is under way end. */
async function over(ms: number): Promise<void> {
  for (const untilMs = nowMs + ms; nowMs < untilMs; nowMs += 500) {
    await scraping.tick();
    await settled();
  }
}
async function settled(): Promise<void> {
  for (let i = 0, before = -1; i < 200; i++) {
    const { scrapes = 0 } = scraping.counters();
    if (scrapes === asked.length && before === scrapes) return;
    before = scrapes;
    await sleep(5);
  }
}

describe("scraping", () => {
  test("asks each target once in its interval, and never two at one time", async () => {
    services = [serviceOf("cart", { "cart-1": "/1", "cart-2": "/2" }), serviceOf("slow", { "slow-1": "/s" }, 20_000)];
    await over(20_000);
    const times = (path: string) => asked.filter((p) => p === path).length;
    expect([times("/1"), times("/2"), times("/s")]).toEqual([4 + 1, 4 + 1, 1 + 1]);
    expect(scraping.status()).toEqual([{ name: "scrape targets", state: "ok", detail: "3 targets" }]);
  });

  test("every interval of telemetry that is as long hears of the service", async () => {
    services = [serviceOf("cart", { "cart-1": "/1" })];
    await over(60_000);
    const buckets = seen.close(nowMs + 10_000).filter((b) => b.series.includes("cart-svc"));
    const starts = buckets.map((b) => b.startMs);
    expect(starts.length).toBeGreaterThanOrEqual(12);
    expect(starts.every((s, i) => i === 0 || s - (starts[i - 1] ?? 0) === bucketMs)).toBe(true);
  });

  test("a target that is down is named, counted, and not heard from (B7)", async () => {
    services = [serviceOf("cart", { "cart-1": "/1" })];
    answer = (_, response) => void response.writeHead(503).end();
    const downMs = nowMs;
    await over(12_000);
    expect(scraping.down()).toEqual([{ service: "cart", instance: "cart-1", sinceMs: downMs, why: "it answers 503" }]);
    expect(scraping.status()).toMatchObject([{ state: "degraded", detail: "cart-1 of cart: it answers 503" }]);
    expect(scraping.counters()["scrapesFailed"]).toBe(scraping.counters()["scrapes"]);
    expect(seen.close(nowMs + 10_000)).toEqual([]);
    answer = (_, response) => void response.end("depth 1\n");
    await over(6_000);
    expect([scraping.down(), scraping.status()[0]?.state]).toEqual([[], "ok"]);
  });

  test("a target that hangs is asked once, and holds up nobody", async () => {
    services = [serviceOf("hung", { "hung-1": "/h" }), serviceOf("cart", { "cart-1": "/1" })];
    answer = (request, response) => void (request.url === "/h" || response.end("depth 1\n"));
    for (let i = 0; i < 8; i++, nowMs += 2_500) {
      await scraping.tick();
      await sleep(30);
    }
    expect(asked.filter((p) => p === "/h")).toHaveLength(1);
    expect(asked.filter((p) => p === "/1").length).toBeGreaterThanOrEqual(4);
  });

  test("many at once wait for their turn, and are counted", async () => {
    const targets = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`i${i}`, `/${i}`]));
    services = [serviceOf("cart", targets)];
    answer = () => undefined;
    await scraping.tick();
    await sleep(100);
    expect(asked).toHaveLength(12);
    expect(scraping.counters()["scrapesLate"]).toBe(28);
  });

  test("places that become free are taken at once, so that many targets are all asked in their interval", async () => {
    const targets = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`i${i}`, `/${i}`]));
    services = [serviceOf("cart", targets)];
    await scraping.tick();
    await expect.poll(() => new Set(asked).size).toBe(60);
  });

  test("dead targets keep nobody from being asked, however many they are", async () => {
    const many = (name: string, n: number) =>
      Object.fromEntries(Array.from({ length: n }, (_, i) => [`${name}-${i}`, `/${name}/${i}`]));
    services = [serviceOf("dead", many("dead", 20), 1_000), serviceOf("alive", many("alive", 5), 1_000)];
    answer = (request, response) => void (request.url?.startsWith("/dead") || response.end("depth 1\n"));
    const alive = () => asked.filter((path) => path.startsWith("/alive")).length;
    for (let i = 0; i < 12; i++, nowMs += 250) {
      await scraping.tick();
      await sleep(20);
    }
    // Every place is of a target that hangs, or free for the others.
    expect(alive()).toBeGreaterThanOrEqual(3 * 5);
    await expect.poll(() => scraping.down().length, { timeout: 5_000 }).toBe(12);
    nowMs += 1_000;
    await scraping.tick();
    await expect.poll(() => alive()).toBeGreaterThanOrEqual(4 * 5);
    expect(new Set(scraping.down().map((d) => d.service))).toEqual(new Set(["dead"]));
  });

  test("targets that found no place for long are named", async () => {
    const hung = (name: string, n: number) =>
      serviceOf(name, Object.fromEntries(Array.from({ length: n }, (_, i) => [`${name}-${i}`, `/${name}${i}`])));
    services = [hung("one", 8), hung("two", 8), serviceOf("late", { "late-1": "/late" })];
    answer = () => undefined;
    await scraping.tick();
    await sleep(50);
    expect(asked).not.toContain("/late");
    nowMs += 11_000;
    await scraping.tick();
    expect(scraping.status()).toMatchObject([
      { state: "degraded", detail: "late-1 of late: not asked for 11 s, others hold all places" },
    ]);
    // The one that waited longest is first once there is a place.
    server.closeAllConnections();
    await expect.poll(() => asked.includes("/late"), { timeout: 5_000 }).toBe(true);
  });

  test("only the controller whose turn it is asks", async () => {
    services = [serviceOf("cart", { "cart-1": "/1" })];
    mine = false;
    await over(10_000);
    expect(asked).toEqual([]);
    mine = true;
    await over(6_000);
    expect(asked.length).toBeGreaterThan(0);
  });

  test("what is no longer declared is no longer asked, and no longer down", async () => {
    services = [serviceOf("cart", { "cart-1": "/1" })];
    answer = (_, response) => void response.writeHead(500).end();
    await over(1_000);
    expect(scraping.down()).toHaveLength(1);
    services = [];
    const before = asked.length;
    await over(6_000);
    expect([asked.length, scraping.status()]).toEqual([before, []]);
    services = [serviceOf("payment", { "payment-1": "/p" })];
    await scraping.tick();
    expect(scraping.down()).toEqual([]);
  });

  test("requests that a target counts become the service's requests, errors and durations", async () => {
    services = [serviceOf("cart", { "cart-1": "/1" })];
    let [good, bad] = [100, 0];
    const histogram = (code: string, n: number) =>
      [
        `http_request_duration_seconds_bucket{code="${code}",le="0.1"} ${n}`,
        `http_request_duration_seconds_bucket{code="${code}",le="+Inf"} ${n}`,
        `http_request_duration_seconds_sum{code="${code}"} ${n * 0.05}`,
        `http_request_duration_seconds_count{code="${code}"} ${n}`,
      ].join("\n");
    answer = (_, response) =>
      void response.end(
        `# TYPE http_request_duration_seconds histogram\n${histogram("200", good)}\n${histogram("500", bad)}\n`,
      );
    await over(5_000);
    [good, bad] = [130, 10];
    await over(6_000);
    const buckets = seen.close(nowMs + 10_000).filter((b) => b.series === '["service","prod","cart-svc"]');
    const sum = (of: (b: (typeof buckets)[number]) => number) => buckets.reduce((n, b) => n + of(b), 0);
    expect([sum((b) => b.count), sum((b) => b.errors)]).toEqual([40, 10]);
    expect(sum((b) => b.durationSumMs)).toBeCloseTo(2_000);
  });
});
