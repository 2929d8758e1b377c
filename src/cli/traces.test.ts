import { expect, test } from "vitest";
import { compareOperations } from "../loop/detection/traces/compare-operations.ts";
import { tracing } from "../loop/detection/traces/traces.testsuite.ts";
import { outlineOf } from "../loop/detection/traces/trace-outline.ts";
import { createTraceWatch } from "../loop/detection/traces/trace-watch.ts";
import { operationLines, traceLines, type OperationsAnswer } from "./trace-lines.ts";

const startMs = 1_790_000_000_000;
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

/** gateway calls cart, which calls postgres, which refuses. */
function failing() {
  const span = tracing(traceId);
  const root = span("gateway", "server", "GET /cart", startMs, 100, { error: true, statusCode: 502 });
  const call = span("gateway", "client", "GET", startMs + 10, 80, { under: root, peer: "cart", error: true });
  const cart = span("cart", "server", "GET /items", startMs + 12, 76, { under: call, error: true, statusCode: 500 });
  const query = span("cart", "client", "SELECT", startMs + 20, 60, { under: cart, peer: "postgres", error: true });
  const beside = span("gateway", "internal", "log", startMs + 20, 5, { under: root });
  return [root, call, cart, query, beside];
}

test("a trace is a tree with times, own work, the critical path and where it failed", () => {
  const outline = outlineOf(failing());
  if (!outline) throw new Error("no outline");
  expect(traceLines({ traceId, ...outline, cut: true, missing: ["`a file` cannot be read"] })).toEqual([
    `trace ${traceId}  2026-09-21 14:13:20Z  100 ms  5 spans of cart, gateway`,
    "failed: it began with the call `SELECT` of cart to postgres",
    "",
    "     start       took        own   on the critical path: *",
    "    0.0 ms     100 ms      20 ms * gateway  GET /cart  FAILED (502)",
    "     10 ms      80 ms     4.0 ms *   gateway  GET -> cart  FAILED; 4.0 ms between caller and callee",
    "     12 ms      76 ms      16 ms *     cart  GET /items  FAILED (500)",
    "     20 ms      60 ms      60 ms *       cart  SELECT -> postgres  FAILED, began here",
    "     20 ms     5.0 ms     5.0 ms     gateway  log",
    "there are more spans: these are the newest",
    "not there to look at: `a file` cannot be read",
  ]);
});

test("operations are told beside what is usual, and traces with the reason they were kept for", () => {
  const watch = createTraceWatch();
  for (const span of failing()) watch.take(span, startMs);
  watch.tick(startMs + 20_000);
  const rows = watch.operations("cart", "prod", 0, startMs + 10_000);
  const { since } = compareOperations(rows, startMs, startMs + 10_000);
  const [operation] = since;
  if (!operation) throw new Error("no operation");
  const answer: OperationsAnswer = {
    service: "cart",
    environment: "prod",
    fromMs: startMs,
    toMs: startMs + 10_000,
    usualFromMs: startMs - 1_500_000,
    tracesLookedAtShare: 0.5,
    operations: [{ ...operation, usual: { ...operation, errorShare: 0, p95Ms: 8, perSecond: 12 } }],
    moved: [],
    exemplars: [
      {
        traceId,
        atMs: startMs,
        durationMs: 76,
        error: true,
        operation: "GET /items",
        why: ["failed", "new"],
        what: "calls `x`",
      },
    ],
    cut: true,
  };
  expect(operationLines(answer)).toEqual([
    "cart in prod, 2026-09-21 14:13:20Z to 14:13:30Z; in brackets: the 25m before",
    "there are more traces than fit: these are 50% of them",
    "  GET /items",
    "      0.10/s (12/s); 100% fail (0%); p50 76 ms (76 ms), p95 89 ms (8.0 ms)",
    "      its time: 21% own work, 79% waiting for postgres; 76% of the critical path of its traces",
    "      failures began: 100% at postgres",
    "",
    "traces to look at (homeostat trace show ID):",
    `  ${traceId}  14:13:20Z      76 ms  GET /items  failed, new: calls \`x\``,
    "there are more: --limit N, or --json",
  ]);
  expect(
    operationLines({ ...answer, usualFromMs: null, operations: [], tracesLookedAtShare: 1, cut: false }),
  ).toContain("no request in this time");
});
