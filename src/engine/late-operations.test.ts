import { expect, test } from "vitest";
import { createTraceWatch } from "../loop/detection/traces/trace-watch.ts";
import { tracing } from "../loop/detection/traces/traces.testsuite.ts";
import type { Diagnosis } from "../loop/diagnosis/diagnosis.ts";
import type { Incident } from "../loop/incident/incident.ts";
import { withLateOperations } from "./late-operations.ts";

const t0 = 1_790_000_000_000;
const sinceMs = t0 + 300_000;
const actedMs = sinceMs + 15_000;

const diagnosis: Diagnosis = {
  incidentId: "inc-1",
  atMs: actedMs,
  hypotheses: [],
  missing: [],
  operations: [],
  inputs: `sha256:${"ab".repeat(32)}`,
};
const incident = {
  environment: "prod",
  services: ["cart"],
  sinceMs,
  timeline: [{ atMs: actedMs, kind: "action" }],
} as unknown as Incident;

/** A cart that fails for the 15 s until something is done about it. */
function watched(untilMs: number) {
  const traces = createTraceWatch();
  for (let nowMs = t0; nowMs <= untilMs; nowMs += 1_000) {
    const error = nowMs >= sinceMs && nowMs < actedMs;
    for (let i = 0; i < 5; i++)
      traces.take(tracing(`t-${nowMs}-${i}`)("cart", "server", "GET /cart", nowMs, 9, { error }), nowMs);
    traces.tick(nowMs);
  }
  return { traces, clock: { nowMs: () => untilMs } };
}

test("a heal that decided before any trace was whole tells what they said afterwards, of the time before it acted", () => {
  expect(withLateOperations(watched(sinceMs + 5_000), incident, diagnosis)).toBe(diagnosis);
  const { operations } = withLateOperations(watched(sinceMs + 240_000), incident, diagnosis);
  expect(operations?.map((o) => [o.change, o.text.replace(/ t-.*/, "")])).toEqual([
    ["failing", "cart `GET /cart`: 0% -> 75% fail; they begin here (100%); e.g. trace"],
  ]);
});

test("what was known when it was decided stays as it was", () => {
  const known = {
    ...diagnosis,
    operations: [{ service: "cart", operation: "x", change: "gone" as const, text: "x", through: [], traceIds: [] }],
  };
  expect(withLateOperations(watched(sinceMs + 60_000), incident, known)).toBe(known);
});
