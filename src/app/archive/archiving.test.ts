import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openDuckDbArchive } from "../../adapters/archive/duckdb/duckdb-archive.ts";
import { createTelemetryMemory } from "../../adapters/telemetry/memory/telemetry-memory.ts";
import { defaultSettings } from "../../care/default-settings.ts";
import type { Edge } from "../../loop/detection/finding.ts";
import type { RedBucket } from "../../loop/detection/red.ts";
import type { KeptWindow } from "../../loop/keeping/keeping.ts";
import type { LogSignal, MetricSignal, SpanSignal } from "../../loop/signal/signal.ts";
import { logRow, thinned } from "../../ports/archive.fixture.ts";
import type { Archive } from "../../ports/archive.ts";
import { sampleBucket, telemetrySuite } from "../../ports/telemetry.testsuite.ts";
import { archiveStatus } from "./archive-status.ts";
import { createArchiving, type Archiving } from "./archiving.ts";
import { createHistory } from "./history.ts";
import { lookBack } from "./look-back.ts";

const startMs = Date.parse("2026-11-20T12:00:00Z");
const minuteMs = 60_000;
const cart = { service: "cart", environment: "prod" } as const;
const folders: string[] = [];
const running: Archiving[] = [];

afterEach(async () => {
  for (const archiving of running.splice(0)) await archiving.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const span = (endMs: number, over: Partial<SpanSignal> = {}): SpanSignal => ({
  kind: "span",
  ...cart,
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  name: "GET /cart",
  spanKind: "server",
  startMs: endMs - 10,
  durationMs: 10,
  error: true,
  ...over,
});
const log = (timeMs: number, body = "cannot reach the store"): LogSignal => ({
  kind: "log",
  ...cart,
  timeMs,
  severity: 17,
  body,
});
const point = (timeMs: number, value: number, attributes: Record<string, string> = {}): MetricSignal => ({
  kind: "metric",
  ...cart,
  name: "queue.depth",
  unit: "1",
  timeMs,
  attributes,
  value: { type: "gauge", value },
});

/** Archiving over a real folder, with a clock that is set. */
async function given(over: { open?: () => Promise<Archive>; leaveBytes?: number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "archiving-"));
  folders.push(folder);
  const time: { nowMs: number; trouble?: string } = { nowMs: startMs };
  const clock = { nowMs: () => time.nowMs };
  const windows: KeptWindow[] = [];
  const root = join(folder, "telemetry");
  let shared: RedBucket[] = [];
  const calls: { edge: Edge; environment: string; atMs: number }[] = [];
  const start = (writer: string) => {
    const memory = createTelemetryMemory({
      windows: {
        read: (series, fromMs, toMs) =>
          Promise.resolve(shared.filter((b) => series.includes(b.series) && b.startMs >= fromMs && b.startMs < toMs)),
      },
      edges: (environment, withinMs) => {
        const recent = calls.filter((c) => c.environment === environment && c.atMs > time.nowMs - withinMs);
        return [...new Map(recent.map((c) => [`${c.edge.from} ${c.edge.to}`, c.edge])).values()];
      },
      clock,
    });
    const archiving = createArchiving({
      open:
        over.open ?? (() => openDuckDbArchive({ root, writer, nowMs: clock.nowMs, leaveBytes: over.leaveBytes ?? 0 })),
      clock,
      config: () => ({ services: [], settings: defaultSettings }),
      windows: () => Promise.resolve(windows),
      red: memory,
      clockTrouble: () => time.trouble,
    });
    running.push(archiving);
    const reader = lookBack(memory.reader, archiving, memory.heldFromMs);
    const history = createHistory(archiving, memory.reader, memory.heldFromMs);
    /** Buckets come once they are over. */
    const put = (buckets: readonly RedBucket[]): void => {
      time.nowMs = Math.max(time.nowMs, ...buckets.map((b) => b.startMs + 5_000));
      memory.put(buckets);
    };
    return { memory: { ...memory, put }, archiving, reader, history };
  };
  const pass = async (archiving: Archiving, ms: number) => {
    time.nowMs += ms;
    await expect.poll(() => archiving.archive() !== undefined).toBe(true);
    const before = archiving.writes();
    archiving.flush();
    await expect.poll(() => archiving.writes() > before, { timeout: 10_000 }).toBe(true);
  };
  const share = (buckets: readonly RedBucket[]) => (shared = [...shared, ...buckets]);
  return { time, windows, start, pass, root, share, calls };
}

telemetrySuite("memory that goes on into the archive", async () => {
  const { start, share, calls } = await given();
  const { memory, reader, archiving } = start("c-1");
  await expect.poll(() => archiving.archive() !== undefined).toBe(true);
  return {
    reader,
    nowMs: startMs,
    see: (buckets) => Promise.resolve(memory.put(buckets)),
    seeElsewhere: (buckets) => Promise.resolve(void share(buckets)),
    call: (edge, environment, atMs) => Promise.resolve(void calls.push({ edge, environment, atMs })),
  };
});

const bucketsOf = (fromMs: number, many: number): RedBucket[] =>
  Array.from({ length: many }, (_, i) => sampleBucket({ type: "service", ...cart }, fromMs + i * 5_000));

describe("telemetry on its way into the archive", () => {
  test("is found while it waits, and once it is written, each row once", async () => {
    const { time, start, pass } = await given();
    const { archiving, history } = start("c-1");
    archiving.take([span(startMs), log(startMs), point(startMs, 3), point(startMs + 1, 5)]);
    time.nowMs += 1_000;
    const query = { ...cart, fromMs: startMs - 1_000, toMs: startMs + 1_000, limit: 10 };
    const found = async () => ({
      spans: (await history.spans(query)).rows.length,
      logs: (await history.logs(query)).rows.length,
      points: (await history.points({ ...query, name: "queue.depth" })).rows.reduce((n, r) => n + r.points, 0),
    });
    expect(await found()).toEqual({ spans: 1, logs: 1, points: 2 });
    await pass(archiving, 7 * minuteMs);
    expect([...archiving.room.spans()]).toEqual([]);
    expect(await found()).toEqual({ spans: 1, logs: 1, points: 2 });
    expect((await history.points({ ...query, name: "queue.depth" })).rows).toMatchObject([
      { widthMs: minuteMs, points: 2, min: 3, max: 5, sum: 8, last: 5 },
    ]);
  });

  test("what the gates read goes on beyond memory and a restart, by minutes, and what was not seen stays absent (B7)", async () => {
    const { time, start, pass } = await given();
    const first = start("c-1");
    first.memory.put([...bucketsOf(startMs, 3), ...bucketsOf(startMs + 30_000, 2)]);
    await pass(first.archiving, 7 * minuteMs);
    await first.archiving.close();
    running.splice(0);
    const { memory, reader, archiving } = start("c-2");
    await expect.poll(() => archiving.archive() !== undefined).toBe(true);
    time.nowMs = startMs + 3_600_000;
    memory.put(bucketsOf(time.nowMs - 10_000, 2));
    const buckets = await reader.service("cart", "prod", startMs, time.nowMs);
    expect(buckets.map((b) => b.startMs - startMs)).toEqual([0, 5_000, 10_000, 30_000, 35_000, 3_590_000, 3_595_000]);
    expect(buckets.slice(0, 5).reduce((n, b) => n + b.count, 0)).toBeCloseTo(15);
    expect(await reader.service("cart", "prod", startMs + 5_000, startMs + 15_000)).toHaveLength(2);
  });

  test("a chart joins what is archived and what is in memory, each interval once", async () => {
    const { start, pass } = await given();
    const { memory, archiving, history } = start("c-1");
    memory.put(bucketsOf(startMs, 24));
    await pass(archiving, 7 * minuteMs);
    memory.put(bucketsOf(startMs + 6 * minuteMs, 12));
    const only = { type: "service" } as const;
    const range = { fromMs: startMs, toMs: startMs + 10 * minuteMs, limit: 100 };
    const { rows } = await history.redSteps({
      ...range,
      environment: "prod",
      services: ["cart"],
      only,
      stepMs: minuteMs,
    });
    expect(rows.map((r) => [(r.startMs - startMs) / minuteMs, r.count, r.seen])).toEqual([
      [0, 36, 12],
      [1, 36, 12],
      [6, 36, 12],
    ]);
  });

  test("the minutes before an incident that opens late are whole", async () => {
    const { windows, start, pass } = await given();
    const { archiving, memory, history } = start("c-1");
    memory.put(bucketsOf(startMs, 12));
    const lines = Array.from({ length: 500 }, (_, i) => log(startMs + i, `line ${i}`));
    archiving.take([...lines, ...[1, 2, 3].map((n) => point(startMs + n, n))]);
    windows.push({ ...cart, fromMs: startMs - minuteMs, toMs: Infinity });
    await pass(archiving, 7 * minuteMs);
    const range = { ...cart, fromMs: startMs, toMs: startMs + minuteMs, limit: 1_000 };
    expect((await history.logs(range)).rows).toHaveLength(500);
    expect((await history.points({ ...range, name: "queue.depth" })).rows.map((r) => r.widthMs)).toEqual([0, 0, 0]);
    const red = await archiving.archive()?.red({ ...range, services: ["cart"] });
    expect(red?.rows.map((r) => r.widthMs)).toEqual(Array.from({ length: 12 }, () => 5_000));
  });

  test("what waits is written when it stops, however young it is", async () => {
    const { start } = await given();
    const first = start("c-1");
    first.archiving.take([span(startMs)]);
    await first.archiving.close();
    running.splice(0);
    const { history, archiving } = start("c-2");
    await expect.poll(() => archiving.archive() !== undefined).toBe(true);
    expect((await history.spans({ fromMs: startMs - 1, toMs: startMs + 1, limit: 10 })).rows).toHaveLength(1);
  });

  test("a full disk is named, nothing is lost at once, and it is written when there is room again", async () => {
    const { start, pass, root } = await given({ leaveBytes: Number.MAX_SAFE_INTEGER });
    const { archiving, history } = start("c-1");
    archiving.take([span(startMs)]);
    await pass(archiving, 7 * minuteMs);
    expect(archiveStatus(archiving, startMs)).toMatchObject({
      state: "degraded",
      detail: expect.stringContaining(root),
    });
    expect((await history.spans({ fromMs: 0, toMs: startMs + 1, limit: 10 })).rows).toHaveLength(1);
  });

  test("while the clock was just set nothing goes by age, and the status says so; then it does", async () => {
    const { time, start, pass, root } = await given();
    const { archiving } = start("c-1");
    archiving.take([log(time.nowMs)]);
    await pass(archiving, 7 * minuteMs);
    const files = async () => (await readdir(root, { recursive: true })).filter((name) => name.endsWith(".parquet"));
    const written = await files();
    expect(written.length).toBeGreaterThan(0);
    // A year ahead, where telemetry of that time goes on for more than a day.
    time.nowMs += 365 * 24 * 60 * minuteMs;
    const later = Array.from({ length: 30 }, (_, i) => logRow(time.nowMs - i * 60 * minuteMs));
    await archiving.archive()?.write(thinned({ logs: later }));
    time.trouble = "the system clock was set forward by 31536000 s";
    const tidied = async () => {
      const before = archiving.archive()?.state().removed;
      archiving.tidy();
      // Its turn comes after that of tidying.
      await archiving.archive()?.logs({ fromMs: 0, toMs: 1, limit: 1 });
      return (archiving.archive()?.state().removed ?? 0) - (before ?? 0);
    };
    expect(await tidied()).toBe(0);
    expect(await files()).toEqual(expect.arrayContaining(written));
    expect(archiveStatus(archiving, time.nowMs)).toMatchObject({
      state: "degraded",
      detail: "nothing is removed by age: the system clock was set forward by 31536000 s",
    });
    time.trouble = undefined;
    expect(await tidied()).toBe(written.length);
    expect(archiveStatus(archiving, time.nowMs).state).toBe("ok");
  });

  test("without DuckDB it stays in memory, and the status says why", async () => {
    const { start, time } = await given({ open: () => Promise.reject(new Error("no native part for this platform")) });
    const { archiving, history } = start("c-1");
    await expect.poll(() => archiving.whyNone()).not.toBe("");
    archiving.take([span(startMs)]);
    archiving.flush();
    expect(archiving.room.stats().bytes).toBe(0);
    expect(archiveStatus(archiving, time.nowMs)).toEqual({
      name: "telemetry archive",
      state: "degraded",
      detail: "telemetry stays in memory: no native part for this platform",
    });
    const { missing } = await history.spans({ fromMs: 0, toMs: startMs + 1, limit: 10 });
    expect(missing).toEqual(["the telemetry archive: no native part for this platform"]);
  });

  test("two hundred thousand values of an attribute stay within bounds, and the metric is named", async () => {
    const { start, time } = await given();
    const { archiving } = start("c-1");
    for (let i = 0; i < 20; i++)
      archiving.take(
        Array.from({ length: 10_000 }, (_, k) => point(startMs, k, { queue: "a", "user.id": `${i}-${k}` })),
      );
    const { bytes, series, crowdedPoints } = archiving.room.stats();
    expect(bytes).toBeLessThan(65 * 1024 * 1024);
    expect(series).toBeLessThanOrEqual(2_001);
    expect(crowdedPoints).toBeGreaterThan(80_000);
    expect(archiveStatus(archiving, time.nowMs).detail).toMatch(
      /most of `queue.depth` of cart in prod: take `user.id` off/,
    );
  });
});
