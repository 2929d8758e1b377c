import { expect, test } from "vitest";
import type { SpanSignal } from "../signal/signal.ts";
import { createFailingCalls } from "./failing-calls.ts";

const span = (over: Partial<SpanSignal>): SpanSignal => ({
  kind: "span",
  service: "cart",
  environment: "demo",
  traceId: "t",
  spanId: "s",
  name: "GET",
  spanKind: "client",
  startMs: 0,
  durationMs: 1,
  error: true,
  ...over,
});
const read = (spans: readonly SpanSignal[], nowMs = 1_000) => {
  const calls = createFailingCalls();
  for (const s of spans) calls.take(s, 1_000);
  return calls.read(["cart"], "demo", nowMs);
};

test("counts failed calls by their ends and status", () => {
  const limited = span({ peer: "payment", statusCode: 429 });
  expect(read([limited, limited, span({ peer: "store" })])).toEqual([
    { from: "cart", to: "payment", status: 429, count: 2, lastMs: 1_000 },
    { from: "cart", to: "store", count: 1, lastMs: 1_000 },
  ]);
});

test("counts what it answered apart, and what went well or is no call not at all", () => {
  const well = span({ error: false, statusCode: 200 });
  const inner = span({ spanKind: "internal" });
  const refused = span({ spanKind: "server", error: false, statusCode: 401 });
  expect(read([well, inner, refused])).toEqual([{ to: "cart", status: 401, count: 1, lastMs: 1_000 }]);
});

test("tells only of the services asked for, of their environment and of lately", () => {
  const failed = span({ peer: "store" });
  expect(read([{ ...failed, service: "other" }])).toEqual([]);
  expect(read([{ ...failed, environment: "prod" }])).toEqual([]);
  expect(read([failed], 700_000)).toEqual([]);
});

test("keeps at most five thousand kinds, and counts the others", () => {
  const calls = createFailingCalls();
  for (let i = 0; i < 5_100; i++) calls.take(span({ peer: `p${i}` }), 1_000);
  expect(calls.stats()).toEqual({ failedCallKinds: 5_000, failedCallsNotKept: 100 });
  calls.take(span({ peer: "late" }), 700_000);
  expect(calls.stats().failedCallKinds).toBe(1);
});
