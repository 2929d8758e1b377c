import { expect, test } from "vitest";
import type { SpanSignal } from "../../loop/signal/signal.ts";
import { recentTraces } from "./recent-traces.ts";

const span: SpanSignal = {
  kind: "span",
  service: "cart-svc",
  environment: "demo",
  traceId: "a",
  spanId: "a/1",
  name: "GET /",
  spanKind: "client",
  startMs: 50_000,
  durationMs: 10,
  error: false,
  peer: "store-svc",
};
const naming = {
  seen: (name: string) => `${name}-svc`,
  declared: (name: string) => name.replace("-svc", ""),
};

test("asks by telemetry's names and answers by the care repo's, without what may still be under way", () => {
  const waiting = { spans: () => [span, { ...span, traceId: "b", startMs: 95_000 }], logs: () => [] };
  const { spans } = recentTraces(waiting, naming, () => 100_000)("demo", ["cart"], 0);
  expect(spans).toEqual([{ ...span, service: "cart", peer: "store" }]);
});
