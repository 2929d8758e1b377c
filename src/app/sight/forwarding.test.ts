import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { encodeOtlp } from "../../adapters/forwarder/otlp/encode-otlp.ts";
import { createOtlpForwarder } from "../../adapters/forwarder/otlp/otlp-forwarder.ts";
import { defaultSettings } from "../../care/default-settings.ts";
import type { LogSignal, MetricSignal, SpanSignal } from "../../loop/signal/signal.ts";
import type { Forwarder } from "../../ports/forwarder.ts";
import { decodeOtlp } from "../../server/receivers/otlp/decode.ts";
import { createForwarding } from "./forwarding.ts";
import { createRoundTrip, installationId } from "./round-trip.ts";

const startMs = 1_790_000_000_123;
const who = { service: "cart", environment: "prod", instance: "cart-1", version: "1.2.0" };
const span: SpanSignal = {
  kind: "span",
  ...who,
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: "00f067aa0ba902b7",
  name: "GET /cart \u{1F6D2}",
  spanKind: "client",
  startMs,
  durationMs: 12.5,
  error: true,
  peer: "store",
  statusCode: 503,
};
const log: LogSignal = {
  kind: "log",
  ...who,
  timeMs: startMs,
  severity: 17,
  body: "cannot reach the store\nat line 2",
  traceId: span.traceId,
};
const metric = (value: MetricSignal["value"], over: Partial<MetricSignal> = {}): MetricSignal => ({
  kind: "metric",
  ...who,
  name: "queue.depth",
  unit: "1",
  timeMs: startMs,
  attributes: { queue: "orders", region: "eu" },
  value,
  ...over,
});
const metrics: MetricSignal[] = [
  metric({ type: "gauge", value: -1.5 }),
  metric({ type: "counter", value: 7, monotonic: true, delta: false, startMs: startMs - 60_000 }),
  metric({ type: "counter", value: 2, monotonic: false, delta: true, startMs: startMs - 5_000 }),
  metric(
    {
      type: "histogram",
      delta: true,
      startMs: startMs - 5_000,
      count: 3,
      sum: 1.5,
      bounds: [0.1, 1],
      counts: [1, 2, 0],
    },
    { service: "store", environment: "", instance: undefined, version: undefined },
  ),
];
const context = { clean: (text: string) => text, nowMs: startMs };

describe("what is sent on", () => {
  test("is what was received: our own receiver reads the same signals from it", () => {
    const { signals, rejected } = decodeOtlp(
      "traces",
      "protobuf",
      encodeOtlp.traces([span, { ...span, service: "b" }]),
      context,
    );
    expect([signals, rejected]).toEqual([[span, { ...span, service: "b" }], 0]);
    expect(decodeOtlp("logs", "protobuf", encodeOtlp.logs([log]), context).signals).toEqual([log]);
    expect(decodeOtlp("metrics", "protobuf", encodeOtlp.metrics(metrics), context).signals).toEqual(metrics);
  });

  test("stays so for large batches, whose buffer grows", () => {
    const many = Array.from({ length: 5_000 }, (_, i) => ({ ...log, body: `${i} ${"x".repeat(i % 300)}` }));
    expect(decodeOtlp("logs", "protobuf", encodeOtlp.logs(many), context).signals).toEqual(many);
  });
});

interface Taken {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const servers: Server[] = [];
const forwarders: Forwarder[] = [];

afterEach(async () => {
  for (const forwarder of forwarders.splice(0)) await forwarder.close(100);
  for (const server of servers.splice(0)) server.close();
  delete process.env["TEST_FORWARD_TOKEN"];
});

/** A backend that answers with these statuses, the last for ever. */
async function backend(...statuses: number[]): Promise<{ endpoint: string; taken: Taken[] }> {
  const taken: Taken[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const status = statuses[Math.min(asked++, statuses.length - 1)] ?? 200;
      if (status < 300) taken.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(status).end();
    });
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, taken };
}

function given(endpoint: string, headers: Record<string, string> = {}, waitingMax?: number): Forwarder {
  const limit = waitingMax === undefined ? {} : { waitingMax };
  const forwarder = createOtlpForwarder({ target: () => ({ endpoint, headers }), pausesMs: [10, 20], ...limit });
  forwarders.push(forwarder);
  return forwarder;
}

describe("sending on", () => {
  test("goes to the backend by kind, compressed, with header values from the environment (K5)", async () => {
    process.env["TEST_FORWARD_TOKEN"] = "Bearer s3cret";
    const { endpoint, taken } = await backend(200);
    const forwarder = given(`${endpoint}/otlp/`, { authorization: "env:TEST_FORWARD_TOKEN" });
    forwarder.take([span, log, ...metrics]);
    await expect.poll(() => taken.length, { timeout: 5_000 }).toBe(3);
    expect(taken.map((t) => t.url)).toEqual(["/otlp/v1/traces", "/otlp/v1/metrics", "/otlp/v1/logs"]);
    expect(taken[0]?.headers).toMatchObject({
      authorization: "Bearer s3cret",
      "content-type": "application/x-protobuf",
    });
    expect(decodeOtlp("traces", "protobuf", gunzipSync(taken[0]?.body ?? ""), context).signals).toEqual([span]);
    expect(forwarder.state()).toEqual({ sent: 6, dropped: 0, waiting: 0, trouble: "" });
  });

  test("is tried again when the backend is away for a while", async () => {
    const { endpoint, taken } = await backend(503, 429, 200);
    const forwarder = given(endpoint);
    forwarder.take([span]);
    await expect.poll(() => forwarder.state().sent, { timeout: 5_000 }).toBe(1);
    expect([taken.length, forwarder.state().dropped, forwarder.state().trouble]).toEqual([1, 0, ""]);
  });

  test.each([
    ["refuses it", [400], "it answered 400"],
    ["stays away", [503], "it answered 503"],
    ["sends us elsewhere", [302], "it answered 302"],
  ])("is dropped, counted and named when the backend %s", async (_, statuses, why) => {
    const { endpoint, taken } = await backend(...statuses);
    const forwarder = given(endpoint);
    forwarder.take([span, log]);
    await expect.poll(() => forwarder.state().dropped, { timeout: 5_000 }).toBe(2);
    expect([taken.length, forwarder.state().trouble]).toEqual([0, `\`${endpoint}\`: ${why}`]);
  });

  test("sends nothing without a header it should have", async () => {
    const { endpoint, taken } = await backend(200);
    const forwarder = given(endpoint, { authorization: "env:TEST_NOT_SET" });
    forwarder.take([span]);
    await expect.poll(() => forwarder.state().dropped, { timeout: 5_000 }).toBe(1);
    expect([taken, forwarder.state().trouble]).toEqual([[], expect.stringContaining("env:TEST_NOT_SET")]);
  });

  test("what cannot be encoded is given up alone", async () => {
    const { endpoint, taken } = await backend(200);
    const forwarder = given(endpoint);
    forwarder.take([{ ...span, startMs: Number.NaN }, log]);
    await expect.poll(() => taken.length, { timeout: 5_000 }).toBe(1);
    await expect.poll(() => forwarder.state()).toMatchObject({ sent: 1, dropped: 1 });
  });

  test("holds no more than its queue while nobody answers, and never makes intake wait (A10)", () => {
    const forwarder = given("http://127.0.0.1:1", {}, 100);
    for (let i = 0; i < 50; i++) forwarder.take([span, log, span]);
    expect(forwarder.state()).toMatchObject({ waiting: 100, dropped: 50 });
  });
});

const forwardingTo = (endpoint: string) => ({
  ...defaultSettings,
  telemetry: { ...defaultSettings.telemetry, forward: { endpoint, headers: {} } },
});

describe("two installations that forward to each other", () => {
  const [one, other] = [1, 2].map((n) => installationId({ publicKey: new Uint8Array(32).fill(n) })) as [string, string];

  test("do not send round what they sent on: it carries their ids, is left out when it comes back, and is counted", () => {
    const signals = [span, log, ...metrics];
    const onward = (sent: typeof signals, by: string) => [
      ...decodeOtlp("traces", "protobuf", encodeOtlp.traces([sent[0] as SpanSignal], by), context).signals,
      ...decodeOtlp("logs", "json", Buffer.from("{}"), context).signals,
      ...decodeOtlp("logs", "protobuf", encodeOtlp.logs([sent[1] as LogSignal], by), context).signals,
      ...decodeOtlp("metrics", "protobuf", encodeOtlp.metrics(sent.slice(2) as MetricSignal[], by), context).signals,
    ];
    const there = onward(signals, one) as typeof signals;
    expect(new Set(there.map((s) => s.via))).toEqual(new Set([one]));
    const back = onward(there, other);
    expect(new Set(back.map((s) => s.via))).toEqual(new Set([`${one},${other}`]));
    const seen: unknown[] = [];
    const sight = {
      intake: { telemetry: (taken: readonly unknown[]) => (seen.push(...taken), { dropped: 0, why: "" }) },
      takeLogs: () => [],
      counters: () => ({}),
    };
    const roundTrip = createRoundTrip(sight, one, { nowMs: () => startMs });
    expect(roundTrip.status()).toEqual([]);
    roundTrip.sight.intake.telemetry([...back, span]);
    expect(seen).toEqual([span]);
    expect(roundTrip.counters()).toEqual({ telemetryReturned: signals.length });
    expect(roundTrip.status()).toMatchObject([{ state: "degraded", detail: expect.stringContaining("came back") }]);
  });

  test("send nothing on that went through eight installations", async () => {
    const { endpoint, taken } = await backend(200);
    const forwarding = createForwarding(() => forwardingTo(endpoint), one);
    const via = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(16)).join(",");
    forwarding.take([{ ...span, via }, log]);
    await expect.poll(() => taken.length, { timeout: 5_000 }).toBe(1);
    await expect.poll(() => forwarding.counters()).toMatchObject({ forwardSent: 1, forwardDropped: 1 });
    await forwarding.close();
  });
});

test("what would lead back to Homeostat itself is not sent, and named", () => {
  const forward = { endpoint: "http://localhost:4318", headers: {} };
  const forwarding = createForwarding(() => forwardingTo(forward.endpoint), "0".repeat(16));
  expect(forwarding.status()).toEqual([{ name: "telemetry forwarding", state: "ok", detail: "" }]);
  forwarding.listensAt(["http://127.0.0.1:8420", "http://127.0.0.1:4318"]);
  forwarding.take([span]);
  expect(forwarding.counters()).toEqual({});
  expect(forwarding.status()).toMatchObject([{ state: "degraded", detail: expect.stringContaining("leads back") }]);
  expect(createForwarding(() => defaultSettings, "").status()).toEqual([]);
});
