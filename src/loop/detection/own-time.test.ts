import { expect, test } from "vitest";
import type { MetricSignal, SpanSignal } from "../signal/signal.ts";
import { createOwnTime } from "./own-time.ts";
import { bucketMs } from "./red.ts";

const t0 = 1_700_000_000_000;
const hour = 3_600_000;

/** Own time after some seconds of looks, with a steady clock and without. */
function looked(steadily: boolean) {
  const time = createOwnTime();
  const at = { wallMs: t0, steadyMs: 0 };
  const pass = (wallMs: number, steadyMs = wallMs): number => {
    at.wallMs += wallMs;
    at.steadyMs += steadyMs;
    time.look(at.wallMs, steadily ? at.steadyMs : undefined);
    return time.own(at.wallMs);
  };
  for (let i = 0; i < 10; i++) pass(1_000);
  return { time, pass, at, own: () => time.own(at.wallMs) };
}

test.each([2 * hour, -2 * hour, 7_777, -3_000])("goes on where it was when the clock is set by %d ms", (by) => {
  const { time, pass, at, own } = looked(true);
  const before = own();
  const after = pass(by + 1_000, 1_000);
  expect(after).toBeGreaterThan(before);
  expect(after - before).toBeLessThanOrEqual(1_000 + bucketMs);
  expect(Math.abs(after - at.wallMs) % bucketMs).toBe(0);
  expect(time.wall(after)).toBe(at.wallMs);
  expect(time.stats()).toEqual({ clockSets: 1, timesAway: 0 });
});

test.each([true, false])("bears steps of a second or two, and a leap second (steady clock: %s)", (steadily) => {
  const { time, pass, own } = looked(steadily);
  for (const by of [1_000, -1_000, 2_000, -2_000, 50, -50]) {
    const before = own();
    expect(pass(by + 1_000, 1_000)).toBe(before + by + 1_000);
  }
  expect(time.stats()).toEqual({ clockSets: 0, timesAway: 0 });
});

test("tells a pause from a clock that was set", () => {
  const { time, pass, own } = looked(true);
  const before = own();
  pass(40_000);
  expect(time.away()).toEqual({ fromMs: before, toMs: before + 40_000 });
  expect(time.stats()).toEqual({ clockSets: 0, timesAway: 1 });
});

test("without a steady clock a step back is noticed, and one forward is taken for a pause", () => {
  const { time, pass, own } = looked(false);
  pass(2 * hour);
  expect(time.stats()).toEqual({ clockSets: 0, timesAway: 1 });
  const before = own();
  const after = pass(-2 * hour);
  expect(after).toBeGreaterThanOrEqual(before);
  expect(after - before).toBeLessThanOrEqual(bucketMs);
  expect(time.stats()).toEqual({ clockSets: 1, timesAway: 1 });
});

const span = (endMs: number): SpanSignal => ({
  kind: "span",
  service: "cart",
  environment: "shop",
  traceId: "t",
  spanId: "s",
  name: "GET /",
  spanKind: "server",
  startMs: endMs - 20,
  durationMs: 20,
  error: false,
});
const endOf = ({ startMs, durationMs }: SpanSignal): number => startMs + durationMs;

test("telemetry of senders whose clock was set too, and of those whose clock was not, is of now", () => {
  const { time, pass, at } = looked(true);
  pass(2 * hour, 1_000);
  const nowMs = time.own(at.wallMs);
  expect(Math.abs(endOf(time.span(span(at.wallMs - 500))) - nowMs)).toBeLessThan(1_000);
  expect(Math.abs(endOf(time.span(span(at.wallMs - 2 * hour))) - nowMs)).toBeLessThan(10_000);
  expect(Math.abs(time.log(at.wallMs - 500) - nowMs)).toBeLessThan(1_000);
});

test("telemetry of another time stays of another time", () => {
  const { time, pass, at } = looked(true);
  pass(2 * hour, 1_000);
  const nowMs = time.own(at.wallMs);
  expect(endOf(time.span(span(at.wallMs + hour))) - nowMs).toBeGreaterThan(hour / 2);
  expect(endOf(time.span(span(at.wallMs - 24 * hour))) - nowMs).toBeLessThan(-hour);
});

test("a counter that goes on is not reset by a clock that is set, and a delta keeps its length", () => {
  const { time, pass, at } = looked(true);
  pass(-2 * hour, 1_000);
  const metric = (delta: boolean): MetricSignal => ({
    kind: "metric",
    service: "cart",
    environment: "shop",
    name: "requests",
    unit: "1",
    timeMs: at.wallMs,
    attributes: {},
    value: { type: "counter", value: 5, monotonic: true, delta, startMs: at.wallMs - 10_000 },
  });
  const [total, part] = [time.metric(metric(false)), time.metric(metric(true))];
  expect(total.value).toMatchObject({ startMs: at.wallMs - 10_000 });
  expect(part.timeMs - (part.value.type === "counter" ? part.value.startMs : 0)).toBe(10_000);
});
