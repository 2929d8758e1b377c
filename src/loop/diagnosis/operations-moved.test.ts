import { expect, test } from "vitest";
import type { SpanSignal } from "../signal/signal.ts";
import { compareOperations } from "../detection/traces/compare-operations.ts";
import { createTraceWatch } from "../detection/traces/trace-watch.ts";
import { tracing } from "../detection/traces/traces.testsuite.ts";
import { operationsMoved } from "./operations-moved.ts";

const t0 = 1_790_000_000_000;
const [beforeS, sinceS] = [300, 60];
const cutMs = t0 + beforeS * 1_000;

type Payment = { readonly tookMs?: number; readonly fails?: boolean; readonly isAway?: boolean };

/** A shop with five requests a second: checkout serves one by asking payment; `payment(s)` says how that goes in second `s`. */
function live(payment: (s: number, i: number) => Payment, ownMs: (s: number) => number = () => 4) {
  const watch = createTraceWatch();
  for (let s = 0; s < beforeS + sinceS; s++) {
    const nowMs = t0 + s * 1_000;
    for (let i = 0; i < 5; i++) {
      const { tookMs = 8, fails = false, isAway = false } = payment(s, i);
      for (const span of request(`${s}-${i}`, nowMs, ownMs(s), tookMs, fails, isAway)) watch.take(span, nowMs);
    }
    watch.tick(nowMs);
  }
  const toMs = cutMs + sinceS * 1_000;
  watch.tick(toMs + 60_000);
  return ["checkout", "payment"].map((service) => {
    const { since, before } = compareOperations(watch.operations(service, "prod", 0, toMs), cutMs, toMs);
    const exemplars = watch.exemplars(service, "prod", cutMs, toMs);
    return { service, since, before, sinceLengthMs: toMs - cutMs, exemplars };
  });
}

function request(id: string, nowMs: number, ownMs: number, tookMs: number, fails: boolean, isAway: boolean) {
  const span = tracing(id);
  const error = fails || isAway;
  const root = span("checkout", "server", "POST /pay", nowMs, ownMs + tookMs, { error });
  const call = span("checkout", "client", "POST", nowMs + ownMs / 2, tookMs, { under: root, peer: "payment", error });
  const spans: SpanSignal[] = [root, call];
  if (!isAway) spans.push(span("payment", "server", "POST /charge", nowMs + ownMs / 2, tookMs, { under: call, error }));
  return spans;
}

test("nothing moved, nothing is said", () => {
  expect(operationsMoved(live((s, i) => ({ tookMs: 6 + ((s * 5 + i) % 7) })))).toEqual([]);
});

test("given a callee became slow, the caller is told to wait for it, and the callee to be slow by itself, with a trace", () => {
  const moved = operationsMoved(live((s) => ({ tookMs: s < beforeS ? 8 : 900 })));
  const [checkout, payment] = ["checkout", "payment"].map((name) => moved.find((m) => m.service === name));
  expect(checkout?.text).toMatch(
    /^checkout `POST \/pay`: p95 1\d ms -> \d{3,4} ms; of the added time 100% waiting for payment; e\.g\. trace \d+-\d$/,
  );
  expect(checkout?.through[0]).toEqual({ name: "payment", share: 1 });
  // Where it begins comes first.
  expect(moved.map((m) => m.service)).toEqual(["payment", "checkout"]);
  expect(payment?.text).toContain("of the added time 100% its own work");
  expect(checkout?.traceIds.length).toBe(2);
  expect(Number(checkout?.traceIds[0]?.split("-")[0])).toBeGreaterThanOrEqual(beforeS);
});

test("given the caller itself became slow, its own work is named and its callee is left alone", () => {
  const moved = operationsMoved(
    live(
      () => ({}),
      (s) => (s < beforeS ? 4 : 300),
    ),
  );
  expect(moved.map((m) => m.service)).toEqual(["checkout"]);
  expect(moved[0]?.through[0]?.name).toBe("checkout");
  expect(moved[0]?.text).toContain("of the added time 100% its own work");
});

test("given one in three hangs, that the median is as it was hides nothing", () => {
  const moved = operationsMoved(live((s, i) => ({ tookMs: s >= beforeS && i % 3 === 0 ? 900 : 8 })));
  expect(moved.find((m) => m.service === "checkout")).toMatchObject({ change: "slower" });
});

test("given failures of a callee, where they begin is told; one failure in a hundred is no change", () => {
  const moved = operationsMoved(live((s, i) => ({ fails: s >= beforeS && i < 2 })));
  expect(moved.map((m) => m.text.replace(/ [\d-]+$/, ""))).toEqual([
    "payment `POST /charge`: 0% -> 40% fail; they begin here (100%); e.g. trace",
    "checkout `POST /pay`: 0% -> 40% fail; they begin at payment (100%); e.g. trace",
  ]);
  expect(operationsMoved(live((s, i) => ({ fails: s % 20 === 0 && i === 0 })))).toEqual([]);
});

test("given nobody answers, the failures begin at whom was called, and its requests are gone", () => {
  const moved = operationsMoved(live((s) => ({ isAway: s >= beforeS })));
  expect(moved.map((m) => [m.service, m.change])).toEqual([
    ["checkout", "failing"],
    ["payment", "gone"],
  ]);
  expect(moved[0]?.through).toEqual([{ name: "payment", share: 1 }]);
  expect(moved[1]?.text).toMatch(/^payment `POST \/charge`: no request any more, usually [45]\.\d\/s$/);
});
