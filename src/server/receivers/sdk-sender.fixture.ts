import { logs, metrics, SeverityNumber, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";

/** A process instrumented as its users' are: configured by the `OTEL_*` variables alone. Sends one of each and ends. */
const sdk = new NodeSDK();
sdk.start();

const tracer = trace.getTracer("test");
tracer.startActiveSpan("GET /cart", { kind: SpanKind.SERVER }, (server) => {
  server.setAttribute("http.response.status_code", 500);
  const client = tracer.startSpan("GET", {
    kind: SpanKind.CLIENT,
    attributes: { "server.address": "127.0.0.1", "server.port": 8081 },
  });
  client.setStatus({ code: SpanStatusCode.ERROR, message: "refused" });
  client.end();
  logs.getLogger("test").emit({ severityNumber: SeverityNumber.ERROR, body: "cannot reach ada@example.org" });
  server.end();
});
const meter = metrics.getMeter("test");
meter.createCounter("orders").add(3, { currency: "EUR" });
meter.createHistogram("latency", { unit: "ms" }).record(12);
meter.createObservableGauge("depth").addCallback((result) => result.observe(7));
await sdk.shutdown();
