import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createDetector } from "../../loop/detection/detector.ts";
import { createRedAggregator } from "../../loop/detection/red-aggregator.ts";
import type { LogSignal } from "../../loop/signal/signal.ts";
import { loadCare } from "../../care/load-care.ts";
import { careParts } from "../care.ts";
import { createNotableMemory } from "./notable.ts";
import { createSight } from "./sight.ts";

const nowMs = 1_790_000_000_000;

test("what telemetry says of a failure reaches the diagnosis, at whatever severity a signature asks for it", async () => {
  const care = await loadCare(fileURLToPath(new URL("../../../care/services-example", import.meta.url)), careParts());
  if (!care.ok) throw new Error("the example is broken");
  const notable = createNotableMemory(
    () => care.value,
    () => nowMs,
  );
  const sight = createSight(createRedAggregator(), createDetector(), () => nowMs, notable);
  const log = (body: string, severity: number, timeMs = nowMs): LogSignal => ({
    kind: "log",
    service: "checkout",
    environment: "demo",
    timeMs,
    severity,
    body,
  });
  sight.intake.telemetry([
    log("GET /cart 200", 9),
    log("raft.node: 3c42 lost leader c137 at term 3", 9),
    log("odd, but known to nobody", 13),
    log("replayed: no space left on device", 17, nowMs - 86_400_000),
  ]);
  const { logs, failedCalls } = notable.read("demo", ["checkout", "payment"]);
  expect(logs?.["checkout"]?.map((l) => l.text)).toEqual([
    "odd, but known to nobody",
    "raft.node: 3c42 lost leader c137 at term 3",
  ]);
  expect(Object.keys(logs ?? {})).toEqual(["checkout"]);
  expect(failedCalls).toEqual([]);
  expect(notable.counters()).toMatchObject({ notableServices: 1, linesNotAsked: 0 });
});

test("a metric that a known failure asks about reaches the diagnosis as a series, any other does not", async () => {
  const care = await loadCare(fileURLToPath(new URL("../../../care/services-example", import.meta.url)), careParts());
  if (!care.ok) throw new Error("the example is broken");
  let atMs = nowMs;
  const notable = createNotableMemory(
    () => care.value,
    () => atMs,
  );
  for (let i = 0; i < 200; i++, atMs += 10_000)
    for (const name of ["process_open_fds", "shop.baskets"])
      notable.take(
        {
          kind: "metric",
          service: "checkout",
          environment: "demo",
          name,
          unit: "",
          timeMs: atMs,
          attributes: {},
          value: { type: "gauge", value: i },
        },
        atMs,
      );
  const { streams } = notable.read("demo", ["checkout", "payment"]);
  expect(Object.keys(streams ?? {})).toEqual(["checkout"]);
  expect(streams?.["checkout"]?.map((s) => [s.name, s.points.length, s.points.at(-1)?.value])).toEqual([
    ["process_open_fds", 120, 199],
  ]);
  expect(notable.counters()).toMatchObject({ notableSeries: 1, notableSeriesRefused: 0 });
});
