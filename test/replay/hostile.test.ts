import fc from "fast-check";
import { expect, test } from "vitest";
import { createSight } from "../../src/app/sight/sight.ts";
import { seededRandom, type Random } from "../../src/kernel/random.ts";
import { confirm } from "../../src/loop/detection/confirm.ts";
import { createDetector } from "../../src/loop/detection/detector.ts";
import type { Edge } from "../../src/loop/detection/finding.ts";
import { createOwnTime } from "../../src/loop/detection/own-time.ts";
import { createRedAggregator } from "../../src/loop/detection/red-aggregator.ts";
import type { LogSignal, MetricSignal, SpanSignal, TelemetrySignal } from "../../src/loop/signal/signal.ts";

const environment = "shop";
const edges: readonly Edge[] = [
  { from: "gateway", to: "cart" },
  { from: "cart", to: "store" },
];
const services = ["gateway", "cart", "store"] as const;
const t0 = Date.parse("2026-11-02T08:00:00Z");
const minuteMs = 60_000;

const metricOf = (over: Partial<MetricSignal>): MetricSignal => ({
  kind: "metric",
  service: "cart",
  environment,
  instance: "cart-1",
  name: "queue.depth",
  unit: "1",
  timeMs: 0,
  attributes: {},
  value: { type: "gauge", value: 1 },
  ...over,
});
const counterOf = (value: number, startMs: number): MetricSignal["value"] => ({
  type: "counter",
  monotonic: true,
  delta: false,
  startMs,
  value,
});
const logOf = (over: Partial<LogSignal>): LogSignal => ({
  kind: "log",
  service: "cart",
  environment,
  timeMs: 0,
  severity: 9,
  body: "",
  ...over,
});
const spanOf = (n: number, over: Partial<SpanSignal>): SpanSignal => ({
  kind: "span",
  service: "cart",
  environment,
  instance: "cart-1",
  version: "1.0.0",
  traceId: `t${n}`,
  spanId: `s${n}`,
  name: "GET /",
  spanKind: "server",
  startMs: 0,
  durationMs: 20,
  error: false,
  ...over,
});

/** A second of three services that call one another, with a metric and a line of each. */
function usual(random: Random, atMs: number, n: number, failing = 0): TelemetrySignal[] {
  const made: TelemetrySignal[] = [];
  for (let i = 0; i < 5; i++) {
    const traceId = `u${n}-${i}`;
    const error = random() < failing;
    services.forEach((service, depth) => {
      const startMs = atMs - 200 + depth;
      const durationMs = (60 - 20 * depth) * (0.7 + 0.6 * random());
      const ids = { traceId, startMs, durationMs, service, instance: `${service}-1`, error };
      const parent = depth === 0 ? {} : { parentSpanId: `${traceId}-call-${depth - 1}` };
      made.push(spanOf(n, { ...ids, ...parent, spanId: `${traceId}-${depth}` }));
      const callee = services[depth + 1];
      if (callee)
        made.push(
          spanOf(n, {
            ...ids,
            spanKind: "client",
            peer: callee,
            parentSpanId: `${traceId}-${depth}`,
            spanId: `${traceId}-call-${depth}`,
          }),
        );
    });
  }
  for (const service of services)
    made.push(
      logOf({ service, timeMs: atMs, body: `GET /${service}/${Math.floor(random() * 1e6)} 200` }),
      ...(n % 10 === 0 ? [metricOf({ service, timeMs: atMs, value: { type: "gauge", value: 20 + random() } })] : []),
    );
  return made;
}

/** What a broken, careless or hostile sender, or a broken clock, does within one second. Values are drawn, times are about `atMs`. */
interface Hostility {
  readonly signals?: (atMs: number) => readonly TelemetrySignal[];
  /** Of these, points of metrics that must be refused, and counted. */
  readonly bad?: number;
  readonly clockMs?: number;
  readonly pauseMs?: number;
}

const wild = fc.constantFrom(Number.NaN, Infinity, -Infinity, 1e308, -1e308, Number.MAX_VALUE, -0, 5e-324, -1);
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 50 }),
  fc.constantFrom("__proto__", "constructor", "", "\u202Ecart", "x".repeat(5_000), "\u0000", "a/b@c → d"),
);
const many = fc.integer({ min: 1, max: 400 });
const list = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const sends = (signals: (atMs: number) => readonly TelemetrySignal[], bad = 0): Hostility => ({ signals, bad });

const hostility: fc.Arbitrary<Hostility> = fc.oneof(
  fc
    .constantFrom(Number.NaN, Infinity, -Infinity)
    .map((value) => sends((timeMs) => [metricOf({ timeMs, value: { type: "gauge", value } })], 1)),
  many.map((n) => sends((atMs) => list(n, (i) => metricOf({ timeMs: atMs + 3_600_000 + i })), n)),
  many.map((n) => sends((atMs) => list(n, (i) => metricOf({ timeMs: atMs - 3_600_000 - i })), n)),
  fc.constant(sends((atMs) => [0, 0, -1].map((ms) => metricOf({ name: "doubled", timeMs: atMs + ms })), 2)),
  fc
    .tuple(wild, wild)
    .map(([a, b]) =>
      sends((timeMs) => [
        metricOf({ name: "wild", timeMs, value: { type: "gauge", value: a } }),
        metricOf({ name: "wild.total", timeMs, value: counterOf(b, timeMs - minuteMs) }),
        spanOf(0, { startMs: timeMs - a, durationMs: b }),
        logOf({ timeMs: timeMs + a, body: String(b), severity: b }),
      ]),
    ),
  fc
    .array(fc.nat({ max: 1e9 }), { maxLength: 30 })
    .map((totals) =>
      sends((atMs) =>
        totals.map((v, i) => metricOf({ name: "reset.total", timeMs: atMs + i, value: counterOf(v, 1) })),
      ),
    ),
  fc
    .tuple(many, fc.nat())
    .map(([n, salt]) =>
      sends((timeMs) => list(n, (i) => metricOf({ name: `new.${salt}.${i}`, timeMs, attributes: { id: `${i}` } }))),
    ),
  fc
    .tuple(many, fc.nat())
    .map(([n, salt]) =>
      sends((atMs) => list(n, (i) => spanOf(i, { service: `job-${salt}-${i}`, spanId: `j${i}`, startMs: atMs - 50 }))),
    ),
  fc
    .tuple(many, fc.nat())
    .map(([n, salt]) =>
      sends((timeMs) => list(n, (i) => logOf({ timeMs, body: `word${salt}x${i} is ${"very ".repeat(i % 9)}odd` }))),
    ),
  fc
    .tuple(text, text, text)
    .map(([a, b, c]) =>
      sends((timeMs) => [
        spanOf(1, { service: a, name: b, peer: c, spanKind: "client", startMs: timeMs }),
        metricOf({ name: a, unit: b, attributes: { [b]: c }, timeMs }),
        logOf({ timeMs, body: c, severity: 17 }),
      ]),
    ),
  fc.integer({ min: -7_200_000, max: 7_200_000 }).map((clockMs): Hostility => ({ clockMs })),
  fc.integer({ min: 0, max: 20 * minuteMs }).map((pauseMs): Hostility => ({ pauseMs })),
);

const refusals = [
  "metricPointsLate",
  "metricPointsDuplicate",
  "metricPointsShared",
  "metricPointsFuture",
  "metricPointsNotFinite",
  "metricSeriesRefused",
];

/** Two hours of a shop: as usual, with hostility in the middle, as usual again, and then half of a service's requests fail. */
function live(seed: number, hostile: readonly Hostility[]) {
  const random = seededRandom(seed);
  const time = createOwnTime();
  const [aggregator, detector] = [createRedAggregator({}, undefined, time), createDetector({}, time)];
  let [wallMs, steadyMs, sent] = [t0, 0, 0];
  const sight = createSight(aggregator, detector, () => wallMs, undefined, time);
  detector.configure(
    [],
    services.map((name) => ({ name, telemetryName: name, environment, emitsTelemetry: true })),
  );
  const counts = (): Record<string, number> => ({ ...sight.counters(), ...aggregator.stats(), ...detector.stats() });
  const refused = (): number => refusals.reduce((sum, name) => sum + (counts()[name] ?? 0), 0);

  function second(n: number, { signals, clockMs = 0, pauseMs = 0 }: Hostility = {}, failing = 0): boolean {
    wallMs += 1_000 + clockMs + pauseMs;
    steadyMs += 1_000 + pauseMs;
    time.look(wallMs, steadyMs);
    const told = [...usual(random, wallMs, n, failing), ...(signals?.(wallMs) ?? [])];
    sent += told.length;
    sight.intake.telemetry(told);
    detector.ingestBuckets(aggregator.close(wallMs), wallMs);
    detector.ingestLogs(sight.takeLogs(), wallMs);
    detector.tick(wallMs);
    const known = [...edges, ...aggregator.edges(environment, wallMs, 30 * minuteMs)];
    return confirm(detector.firing(), known, wallMs, 10_000).length > 0;
  }

  let n = 0;
  for (; n < 1_800; n++) second(n);
  const before = refused();
  let bad = 0;
  for (const act of hostile) {
    second(n++, act);
    bad += act.bad ?? 0;
    for (let i = 0; i < 20; i++) second(n++);
  }
  const counted = refused() - before;
  for (const endAt = n + 3_600; n < endAt; n++) second(n);
  let raised = 0;
  for (const endAt = n + 900; n < endAt; n++) raised += Number(second(n));
  let caught = false;
  for (const endAt = n + 300; n < endAt && !caught; n++) caught = second(n, {}, 0.5);
  return {
    sent,
    received: counts()["telemetrySignals"],
    faulty: counts()["telemetryFaulty"],
    bad,
    counted,
    raised,
    caught,
  };
}

test(
  "whatever is sent, and however the clock goes: nothing throws, what is refused is counted, and an hour later all is as before",
  { timeout: 600_000 },
  () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(hostility, { minLength: 1, maxLength: 25 }), (seed, hostile) => {
        const { sent, received, faulty, bad, counted, raised, caught } = live(seed, hostile);
        expect({ received, faulty }).toEqual({ received: sent, faulty: 0 });
        expect(counted).toBeGreaterThanOrEqual(bad);
        expect({ raised, caught }).toEqual({ raised: 0, caught: true });
      }),
      { numRuns: 8 },
    );
  },
);
