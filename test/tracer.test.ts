import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { tracerFromEnvironment } from "../src/adapters/tracer/otlp/from-environment.ts";
import { createSecretlintRedactor } from "../src/adapters/redactor/secretlint/secretlint-redactor.ts";
import type { IncidentView } from "../src/engine/operations.ts";
import { viewIncident } from "../src/engine/operate.ts";
import { spansOf } from "../src/engine/trace-spans.ts";
import type { World } from "../src/engine/world.ts";
import type { SpanSignal } from "../src/loop/signal/signal.ts";
import { decodeOtlp } from "../src/server/receivers/otlp/decode.ts";
import { loadShopCare } from "./sim/care.ts";
import { drawScenario } from "./sim/scenario.ts";
import { simulate } from "./sim/simulate.ts";

/** Homeostat's own trace: told of simulated heals, sent to a real OTLP receiver over HTTP (M6). */
const views: IncidentView[] = [];
const redactor = createSecretlintRedactor();

beforeAll(async () => {
  const care = await loadShopCare();
  for (let seed = 1; seed <= 30; seed++) {
    const { store } = await simulate(drawScenario(seed), care);
    for (const { id } of await store.incidents.list({ limit: 20 })) {
      const view = await viewIncident({ store, clock: { nowMs: () => 0 } } as World, id);
      if (view) views.push(view);
    }
  }
});

const healed = (): IncidentView => {
  const found = views.find((v) => v.incident.state === "resolved" && v.runs.some((r) => r.state === "succeeded"));
  if (!found) throw new Error("no simulated heal succeeded");
  return found;
};

describe("the trace of an incident", () => {
  test("is one tree under one root, with ids that are what OpenTelemetry wants", () => {
    expect(views.length).toBeGreaterThan(10);
    for (const view of views) {
      const spans = spansOf(view);
      expect(new Set(spans.map((s) => s.spanId)).size).toBe(spans.length);
      expect(spans.filter((s) => s.parentId === undefined).map((s) => s.name)).toEqual(["incident"]);
      const known = new Set(spans.map((s) => s.spanId));
      expect(spans.filter((s) => s.parentId !== undefined && !known.has(s.parentId))).toEqual([]);
      for (const { traceId, spanId, startMs, endMs } of spans) {
        expect(traceId).toBe(view.incident.traceId);
        expect(spanId).toMatch(/^[0-9a-f]{16}$/);
        expect(endMs).toBeGreaterThanOrEqual(startMs);
      }
    }
  });

  test("goes from the signal to the outcome", () => {
    const spans = spansOf(healed());
    const names = new Set(spans.map((s) => s.name));
    for (const name of ["incident", "detect", "diagnose", "decide", "run", "act", "verify", "outcome"])
      expect(names, name).toContain(name);
    expect(names.has("finding") || names.has("alert")).toBe(true);
    const run = spans.find((s) => s.name === "run" && s.attributes["homeostat.run.state"] === "succeeded");
    const inside = spans.filter((s) => s.parentId === run?.spanId).map((s) => s.name);
    expect(inside).toContain("act");
    expect(inside).toContain("verify");
  });

  test("told again it tells the same, and a failed run says so", () => {
    for (const view of views) expect(spansOf(structuredClone(view))).toEqual(spansOf(view));
    const failed = views.flatMap((v) => v.runs).find((r) => r.state === "rolled-back");
    const view = views.find((v) => failed && v.runs.includes(failed));
    expect(view && spansOf(view).some((s) => s.name === "run" && s.error === "rolled-back")).toBe(true);
  });
});

interface Sink {
  readonly url: string;
  readonly spans: SpanSignal[];
  readonly headers: IncomingHttpHeaders[];
  readonly bodies: Buffer[];
  readonly server: Server;
}

const open = new Set<Server>();
afterEach(() => {
  for (const server of open) server.close();
  open.clear();
  vi.unstubAllEnvs();
});

async function startSink(status = 200): Promise<Sink> {
  const sink = { spans: [] as SpanSignal[], headers: [] as IncomingHttpHeaders[], bodies: [] as Buffer[] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const context = { clean: (text: string) => text, nowMs: Date.now() };
      const { signals } = decodeOtlp("traces", "protobuf", Buffer.concat(chunks), context);
      sink.headers.push(request.headers);
      sink.bodies.push(Buffer.concat(chunks));
      sink.spans.push(...signals.flatMap((s) => (s.kind === "span" ? [s] : [])));
      response.writeHead(status, { "content-type": "application/x-protobuf" }).end();
    });
  });
  open.add(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  return { ...sink, server, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` };
}

/** The SDK's exporter reads the real environment. */
const tracer = (env: Readonly<Record<string, string>>) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return tracerFromEnvironment(process.env, { version: "1.2.3", instance: "c-1", redactor });
};

describe("the tracer", () => {
  test("delivers one trace to the endpoint of the standard environment, with its headers", async () => {
    const sink = await startSink();
    const sender = await tracer({
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20sesame",
    });
    const spans = spansOf(healed());
    sender.emit(spans);
    await sender.close();
    expect(sender.counters()).toEqual({ sent: spans.length, failed: 0 });
    expect(sink.headers[0]?.["authorization"]).toBe("Bearer sesame");
    expect(new Set(sink.spans.map((s) => s.traceId))).toEqual(new Set([healed().incident.traceId]));
    expect(new Set(sink.spans.map((s) => `${s.service} ${s.version} ${s.instance}`))).toEqual(
      new Set(["homeostat 1.2.3 c-1"]),
    );
    expect(sink.spans.map((s) => [s.name, s.spanId, s.parentSpanId, s.startMs, s.durationMs])).toEqual(
      spans.map((s) => [s.name, s.spanId, s.parentId, s.startMs, s.endMs - s.startMs]),
    );
  });

  test("sends no secret, even when one got into a text", async () => {
    const sink = await startSink();
    const sender = await tracer({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
    const [root] = spansOf(healed());
    if (!root) throw new Error("no root");
    const text = "told jane.doe@example.com about it";
    sender.emit([{ ...root, error: text, attributes: { one: text, many: [text] } }]);
    await sender.close();
    const sent = Buffer.concat(sink.bodies).toString("latin1");
    expect(sent.split("about it").length).toBe(4);
    expect(sent).not.toContain("jane.doe");
  });

  test("counts what could not be delivered, and closes in time", async () => {
    const sink = await startSink(400);
    const sender = await tracer({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
    const spans = spansOf(healed());
    sender.emit(spans);
    await sender.close();
    expect(sender.counters()).toEqual({ sent: 0, failed: spans.length });
  });

  test("is off without an endpoint, and when the SDK is disabled", async () => {
    const sink = await startSink();
    const envs: Record<string, string>[] = [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_SDK_DISABLED: "true" }];
    for (const env of envs) {
      const sender = await tracer(env);
      sender.emit(spansOf(healed()));
      await sender.close();
    }
    expect(sink.spans).toEqual([]);
  });
});
