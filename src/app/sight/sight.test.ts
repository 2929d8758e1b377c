import { expect, test } from "vitest";
import { createRedAggregator } from "../../loop/detection/red-aggregator.ts";
import type { LogSignal, TelemetrySignal } from "../../loop/signal/signal.ts";
import { createNotableLines } from "../../loop/detection/notable-lines.ts";
import { createDetector } from "../../loop/detection/detector.ts";
import { createSight } from "./sight.ts";

const nowMs = 1_790_000_000_000;
const log = (timeMs: number): LogSignal => ({
  kind: "log",
  service: "cart",
  environment: "prod",
  timeMs,
  severity: 17,
  body: "cannot reach the store",
});

test("log records of another time are counted, and do not pass for errors of now", () => {
  const sight = createSight(createRedAggregator(), createDetector(), () => nowMs);
  const times = [nowMs, nowMs - 60_000, nowMs - 3_600_000, 0, nowMs + 60_000, Number.MAX_VALUE];
  expect(sight.intake.telemetry(times.map(log))).toMatchObject({ dropped: 0 });
  expect(sight.takeLogs().map((l) => l.timeMs)).toEqual([nowMs, nowMs - 60_000]);
  expect(sight.counters()).toMatchObject({ logsPast: 2, logsFuture: 2 });
});

test("a line that is refused and sent again is quoted as often as it was taken", () => {
  const lines = createNotableLines(() => false);
  const take = (signal: TelemetrySignal, atMs: number) => void (signal.kind === "log" && lines.take(signal, atMs));
  const sight = createSight(createRedAggregator(), createDetector(), () => nowMs, { take });
  sight.intake.telemetry(Array.from({ length: 20_000 }, () => ({ ...log(nowMs), body: "x" })));
  for (let i = 0; i < 10; i++) expect(sight.intake.telemetry([log(nowMs)]).dropped).toBe(1);
  const quoted = () => lines.read("cart", "prod", nowMs)?.find((l) => l.text.startsWith("cannot reach"))?.count;
  expect(quoted()).toBeUndefined();
  sight.takeLogs();
  expect(sight.intake.telemetry([log(nowMs)]).dropped).toBe(0);
  expect(quoted()).toBe(1);
});
