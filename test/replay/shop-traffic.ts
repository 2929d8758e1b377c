import { seededRandom, type Random } from "../../src/kernel/random.ts";
import { confirm } from "../../src/loop/detection/confirm.ts";
import { createDetector, type Detector } from "../../src/loop/detection/detector.ts";
import type { Edge } from "../../src/loop/detection/finding.ts";
import { bucketMs, type RedBucket } from "../../src/loop/detection/red.ts";
import { shopService, traffic, usualBehaviour, type Behaviour } from "../../src/loop/detection/traffic.testsuite.ts";
import type { LogSignal, MetricSignal } from "../../src/loop/signal/signal.ts";

const environment = "shop";
export const services = ["gateway", "catalogue", "cart", "checkout", "payment", "store"] as const;
export type ServiceName = (typeof services)[number];
export const edges: readonly Edge[] = [
  { from: "gateway", to: "catalogue" },
  { from: "gateway", to: "cart" },
  { from: "gateway", to: "checkout" },
  { from: "checkout", to: "payment" },
  { from: "cart", to: "store" },
  { from: "catalogue", to: "store" },
];
const metricNames = [
  "process.cpu.utilization",
  "process.memory.usage",
  "db.client.connections.usage",
  "queue.depth",
] as const;
export type MetricName = (typeof metricNames)[number];

/** What differs from usual at one service, and for whoever calls it. All absent: nothing. */
export interface Trouble {
  readonly service: ServiceName;
  /** Factors on requests and durations, a share of failures; `null` for the whole: it says nothing at all. */
  readonly served?: (step: number) => Partial<Behaviour> | null;
  /** What is added to a metric, in its usual spreads. */
  readonly metrics?: Partial<Record<MetricName, (step: number) => number>>;
  readonly log?: { readonly text: string; readonly severity: number; readonly perStep: number };
}

const t0 = Date.parse("2026-11-02T00:00:00Z");
const dayMs = 24 * 3_600_000;
const metricEverySteps = 2;

/** A shop's telemetry, step by step of 5 s, through the detectors as the server runs them; tells when a group was worth an incident. */
export function openShop(seed: number) {
  const detector = createDetector();
  const random = seededRandom(seed);
  const own = new Map(services.map((s, i) => [s, traffic(shopService(s), seed * 1_000 + i)]));
  const calls = edges.map((edge, i) => ({
    edge,
    make: traffic({ type: "edge", edge, environment }, seed * 1_000 + 100 + i),
  }));
  const wander = new Map(services.flatMap((s) => metricNames.map((m) => [`${s} ${m}`, 0] as const)));

  return function step(i: number, trouble?: Trouble): readonly string[] | undefined {
    const atMs = t0 + i * bucketMs;
    const buckets: RedBucket[] = [];
    for (const [service, make] of own) {
      const behaviour = behaviourOf(service, i, random, trouble);
      if (behaviour) buckets.push(make(atMs, behaviour));
    }
    for (const { edge, make } of calls) {
      const behaviour = behaviourOf(edge.to as ServiceName, i, random, trouble);
      // Whoever is called may be silent; who calls it is not.
      buckets.push(make(atMs, behaviour ?? { perSecond: rateAt(atMs), errorShare: 0.9 }));
    }
    detector.ingestBuckets(buckets);
    if (i % metricEverySteps === 0) sendMetrics(detector, wander, random, atMs, i, trouble);
    detector.ingestLogs(logsAt(random, atMs, trouble), atMs + bucketMs);
    const nowMs = atMs + bucketMs + 3_000;
    detector.tick(nowMs);
    const [group] = confirm(detector.firing(), edges, nowMs, 10_000);
    return group?.findings.map((f) => f.summary);
  };
}

/** Visitors by hour and day of the week, a tenth at night of what comes in the evening. */
function rateAt(atMs: number): number {
  const hour = (atMs % dayMs) / 3_600_000;
  const weekend = Math.floor(atMs / dayMs + 4) % 7 >= 5 ? 0.7 : 1;
  return 9 * weekend * (0.55 + 0.45 * Math.sin(((hour - 14) / 24) * 2 * Math.PI));
}

function behaviourOf(
  service: ServiceName,
  i: number,
  random: Random,
  trouble?: Trouble,
): Partial<Behaviour> | undefined {
  const atMs = t0 + i * bucketMs;
  const usual = {
    ...usualBehaviour,
    perSecond: rateAt(atMs) * (0.9 + 0.2 * random()),
    medianMs: { gateway: 60, catalogue: 20, cart: 25, checkout: 70, payment: 45, store: 8 }[service],
  };
  const calm = { ...usual, ...hiccup(service, i, usual) };
  if (trouble === undefined) return calm;
  const reach = reachOf(trouble.service, service);
  const change = reach > 0 ? trouble.served?.(i) : {};
  if (change === null) return service === trouble.service ? undefined : { ...calm, errorShare: 0.5 * reach };
  return { ...calm, ...scaled(calm, change ?? {}, reach) };
}

/** Every few hours one service is slow for ten seconds, and nobody else: no reason to wake anybody. */
const hiccup = (service: ServiceName, i: number, usual: Behaviour): Partial<Behaviour> =>
  (i + services.indexOf(service) * 977) % 5_003 < 2 ? { medianMs: usual.medianMs * 3 } : {};

/** How much of a trouble another service feels: those that call it a part, others nothing. */
function reachOf(troubled: string, service: string): number {
  if (troubled === service) return 1;
  const callers = edges.filter((e) => e.to === troubled).map((e) => e.from);
  if (callers.includes(service)) return 0.6;
  return callers.some((c) => edges.some((e) => e.to === c && e.from === service)) ? 0.35 : 0;
}

/** `perSecond` and `medianMs` of a change are factors. */
function scaled(calm: Behaviour, change: Partial<Behaviour>, reach: number): Partial<Behaviour> {
  const factor = (by: number | undefined): number => 1 + ((by ?? 1) - 1) * reach;
  return {
    ...change,
    perSecond: calm.perSecond * factor(change.perSecond),
    medianMs: calm.medianMs * factor(change.medianMs),
    errorShare: Math.max(calm.errorShare, (change.errorShare ?? 0) * reach),
  };
}

function sendMetrics(
  detector: Detector,
  wander: Map<string, number>,
  random: Random,
  atMs: number,
  i: number,
  trouble?: Trouble,
): void {
  for (const service of services)
    for (const [n, name] of metricNames.entries()) {
      const key = `${service} ${name}`;
      const drift = 0.97 * (wander.get(key) ?? 0) + (random() - 0.5);
      wander.set(key, drift);
      const extra = trouble?.service === service ? (trouble.metrics?.[name]?.(i) ?? 0) : 0;
      const busy = (10 * rateAt(atMs)) / 9;
      const value = 20 + 5 * n + busy + drift + random() + 3 * extra;
      detector.ingestMetric(gauge(service, name, value, atMs), atMs + 1_000);
    }
}

const gauge = (service: string, name: string, value: number, timeMs: number): MetricSignal => ({
  kind: "metric",
  service,
  environment,
  instance: `${service}-1`,
  name,
  unit: "1",
  timeMs,
  attributes: {},
  value: { type: "gauge", value },
});

/** A line for one request in some, a warning now and then, and what the trouble writes. */
function logsAt(random: Random, atMs: number, trouble?: Trouble): LogSignal[] {
  const line = (service: string, severity: number, body: string): LogSignal => ({
    kind: "log",
    service,
    environment,
    timeMs: atMs,
    severity,
    body,
  });
  const usual = services.flatMap((s) => [
    line(s, 9, `GET /${s}/${Math.floor(random() * 1e6)} 200 in ${(random() * 80).toFixed(1)} ms`),
    ...(random() < 0.02 ? [line(s, 13, `slow query took ${Math.floor(200 + random() * 300)} ms`)] : []),
    ...(random() < 0.002
      ? [line(s, 17, `request ${Math.floor(random() * 1e9)} failed: client closed connection`)]
      : []),
  ]);
  const { log } = trouble ?? {};
  const odd = Array.from({ length: log?.perStep ?? 0 }, () =>
    line(
      trouble?.service ?? "",
      log?.severity ?? 17,
      (log?.text ?? "").replace("#", String(Math.floor(random() * 1e6))),
    ),
  );
  return [...usual, ...odd];
}
