import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { otlpRoutes } from "./otlp-routes.ts";
import { receiverWorld } from "./receiver-world.testsuite.ts";

test("an unchanged OpenTelemetry SDK in its own process is understood, with gzip on", async () => {
  const w = receiverWorld(otlpRoutes);
  const encodings = new Set<unknown>();
  w.server.addHook("onRequest", (request, _reply, done) => {
    encodings.add(`${request.headers["content-type"]} ${request.headers["content-encoding"]}`);
    done();
  });
  await w.ready;
  const endpoint = await w.server.listen({ port: 0, host: "127.0.0.1" });
  const child = spawn(process.execPath, [fileURLToPath(new URL("sdk-sender.fixture.ts", import.meta.url))], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 30_000,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${w.token}`,
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_LOGS_EXPORTER: "otlp",
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_SERVICE_NAME: "cart",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=prod,service.instance.id=cart-1,service.version=1.2.0",
    },
  });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  const [code] = await once(child, "close");
  await w.server.close();

  expect({ code, complaints }).toEqual({ code: 0, complaints: "" });
  expect([...encodings]).toEqual(["application/x-protobuf gzip"]);
  const who = { service: "cart", environment: "prod", instance: "cart-1", version: "1.2.0" };
  for (const signal of w.telemetry) expect(signal).toMatchObject(who);
  expect(w.telemetry.length).toBeGreaterThanOrEqual(6);
  const named = Object.fromEntries(w.telemetry.map((signal) => [signal.kind === "log" ? "log" : signal.name, signal]));
  const { "GET /cart": server, GET: client, log, orders, latency, depth } = named;
  expect(server).toMatchObject({ kind: "span", spanKind: "server", error: true, statusCode: 500 });
  expect(client).toMatchObject({ spanKind: "client", error: true, peer: "127.0.0.1:8081" });
  expect(client?.kind === "span" && server?.kind === "span" ? client.parentSpanId === server.spanId : false).toBe(true);
  expect(log).toMatchObject({ severity: 17, body: "cannot reach [redacted:test]" });
  expect(orders).toMatchObject({
    attributes: { currency: "EUR" },
    value: { type: "counter", value: 3, monotonic: true, delta: false },
  });
  expect(latency).toMatchObject({ unit: "ms", value: { type: "histogram", count: 1, sum: 12 } });
  expect(depth).toMatchObject({ value: { type: "gauge", value: 7 } });
});
