import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openDuckDbArchive } from "../src/adapters/archive/duckdb/duckdb-archive.ts";
import { seededRandom } from "../src/kernel/random.ts";
import { createKeeping, type KeptWindow } from "../src/loop/keeping/keeping.ts";
import { noRows, type Batch } from "../src/loop/keeping/row.ts";
import { createWaitingRoom } from "../src/loop/keeping/waiting-room.ts";
import type { LogSignal, MetricSignal, SpanSignal, TelemetrySignal } from "../src/loop/signal/signal.ts";

/** What it costs to decide telemetry and to write it: CPU time of all threads for each signal and row, and bytes a row. */
const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const many = 100_000;
const startMs = Date.parse("2026-11-20T12:00:00Z");
const random = seededRandom(1);
const hex = (digits: number): string =>
  Array.from({ length: digits / 8 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0"),
  ).join("");
const services = Array.from({ length: 100 }, (_, i) => ({ service: `service-${i}`, environment: "bench" }));
const who = (i: number) => services[i % services.length] ?? { service: "", environment: "" };
const timeOf = (i: number): number => startMs + Math.floor((i / many) * 60_000);

/** 100 services with 100 series each, ten points a minute. */
const points = Array.from({ length: many }, (_, i): MetricSignal => ({
  kind: "metric",
  ...who(i),
  name: "http.server.active_requests",
  unit: "{request}",
  timeMs: timeOf(i),
  attributes: {
    method: "GET",
    route: `/route/${Math.floor(i / 100) % 100}`,
    scheme: "http",
    zone: "a",
    pool: "b",
    host: "c",
  },
  value: { type: "gauge", value: Math.floor(random() * 100) },
}));
let traceId = "";
const spans = Array.from({ length: many }, (_, i): SpanSignal => {
  if (i % 8 === 0) traceId = hex(32);
  return {
    kind: "span",
    ...who(i),
    traceId,
    spanId: hex(16),
    parentSpanId: i % 8 === 0 ? undefined : hex(16),
    name: `GET /route/${i % 20}`,
    spanKind: i % 2 === 0 ? "server" : "client",
    startMs: timeOf(i),
    durationMs: Math.round(random() * 1e5) / 1e3,
    error: i % 800 === 0,
    statusCode: 200,
  };
});
const logs = Array.from({ length: many }, (_, i): LogSignal => ({
  kind: "log",
  ...who(i),
  timeMs: timeOf(i),
  severity: i % 50 === 0 ? 17 : 9,
  body: `order ${hex(8)} of customer ${Math.floor(random() * 1e6)} took ${Math.floor(random() * 1e3)} ms`,
  traceId: hex(32),
}));

const cpuMicroseconds = (): number => process.cpuUsage().user + process.cpuUsage().system;

function decided(signals: readonly TelemetrySignal[], windows: readonly KeptWindow[]) {
  const rules = { shares: { 1: 0.2, 2: 0.1, 3: 0.05, 4: 0.01 }, beforeMs: 300_000, afterMs: 300_000 };
  const keeping = createKeeping(rules, windows, []);
  const room = createWaitingRoom(() => keeping);
  const before = cpuMicroseconds();
  for (let i = 0; i < signals.length; i += 1_000) room.take(signals.slice(i, i + 1_000), startMs + 60_000);
  for (const kind of ["spans", "logs", "points"] as const) room.decide(kind, Infinity);
  const batch = room.takeDecided();
  return { batch, microseconds: round((cpuMicroseconds() - before) / signals.length) };
}

const round = (n: number): number => Number(n.toFixed(2));
const whole = services.map((s) => ({ ...s, fromMs: 0, toMs: Infinity }));
const root = await mkdtemp(join(tmpdir(), "bench-archive-"));
const archive = await openDuckDbArchive({ root, writer: "c-bench", nowMs: () => Date.now() });
const only = (table: keyof Batch["whole"], batch: Batch): Batch => ({
  whole: { ...noRows, [table]: batch.whole[table] },
  thinned: { ...noRows, [table]: batch.thinned[table] },
});

const results: Record<string, Record<string, number>> = {};
for (const [table, signals] of [
  ["points", points],
  ["logs", logs],
  ["spans", spans],
] as const) {
  decided(signals, []);
  const thinned = decided(signals, []);
  const { batch } = decided(signals, whole);
  const [beforeCpu, beforeMs] = [cpuMicroseconds(), performance.now()];
  const written = await archive.write(only(table, batch));
  const rows = batch.whole[table].length;
  const thinnedWritten = await archive.write(only(table, thinned.batch));
  results[table] = {
    decideMicroseconds: thinned.microseconds,
    writeMicroseconds: round((cpuMicroseconds() - beforeCpu) / rows),
    rowsWrittenPerS: Math.round((rows / (performance.now() - beforeMs)) * 1_000),
    bytesPerRow: round(written.bytes[table] / rows),
    keptOfThinned: round(thinned.batch.thinned[table].length / signals.length),
    thinnedBytesPerSignal: round(thinnedWritten.bytes[table] / signals.length),
  };
}
const beforeMs = performance.now();
const found = await archive.spans({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER / 1e3, limit: 100, traceId });
const result = {
  benchmark: "archive",
  ...results,
  traceFoundMs: found.rows.length > 0 ? Math.round(performance.now() - beforeMs) : null,
};
await archive.close();
await rm(root, { recursive: true, force: true });
console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
