import { seededRandom } from "../../kernel/random.ts";
import type { LogSignal, MetricSignal, SpanSignal, TelemetrySignal } from "../../loop/signal/signal.ts";

/** What goes wrong in the shop. */
export interface ShopTrouble {
  /** The cart fails, gets slow, logs it, works hard, and asks the bank, which it never did. */
  readonly cart?: boolean;
  /** A service that sends nothing at all. */
  readonly silent?: string;
}

const environment = "shop";
const perSecondMin = 8;

/**
 * All that a small shop sends in one second, of every kind: traces of the gateway that calls the cart, their log lines, and metrics
 * that are levels, sums and distributions. `nowMs`: what its clock says. The same seed makes the same.
 */
export function shopTelemetry(seed: number) {
  const random = seededRandom(seed);
  const totals = { requests: 0, sum: 0, told: 0 };
  let second = 0;

  const span = (service: string, traceId: string, spanId: string, rest: Partial<SpanSignal>): SpanSignal => ({
    kind: "span",
    service,
    environment,
    traceId,
    spanId,
    name: "GET /cart",
    spanKind: "server",
    startMs: 0,
    durationMs: 20,
    error: false,
    ...rest,
  });
  const log = (service: string, traceId: string, timeMs: number, body: string, severity = 9): LogSignal => ({
    kind: "log",
    service,
    environment,
    timeMs,
    severity,
    body,
    traceId,
  });
  const metric = (name: string, timeMs: number, value: MetricSignal["value"]): MetricSignal => ({
    kind: "metric",
    service: "cart",
    environment,
    name,
    unit: "1",
    timeMs,
    attributes: {},
    value,
  });

  function request(n: number, nowMs: number, { cart = false }: ShopTrouble): TelemetrySignal[] {
    const traceId = `${seed}-${second}-${n}`;
    const startMs = nowMs - 900 + n * 60 + random() * 50;
    const ms = (cart ? 400 : 20) * Math.exp(0.4 * (random() - 0.5));
    const error = cart && random() < 0.5;
    const served = { startMs, durationMs: ms + 4, error };
    const signals: TelemetrySignal[] = [
      span("gateway", traceId, "a", served),
      span("gateway", traceId, "b", { ...served, parentSpanId: "a", spanKind: "client", peer: "cart" }),
      span("cart", traceId, "c", { ...served, parentSpanId: "b" }),
      log("gateway", traceId, nowMs, `GET /cart answered in ${ms.toFixed(0)} ms`),
      log("cart", traceId, nowMs, `cart ${Math.floor(random() * 1e6)} read in ${ms.toFixed(0)} ms`),
    ];
    if (error) signals.push(log("cart", traceId, nowMs, `no connection to the store left for cart ${n}`, 17));
    if (cart)
      signals.push(span("cart", traceId, "d", { ...served, parentSpanId: "c", spanKind: "client", peer: "bank" }));
    totals.requests++;
    totals.sum += ms / 1_000;
    return signals;
  }

  function metrics(nowMs: number, { cart = false }: ShopTrouble): MetricSignal[] {
    const level = (usual: number) => usual * (1 + 0.1 * (random() - 0.5)) * (cart ? 8 : 1);
    const startMs = 1_600_000_000_000;
    const { requests: count, sum, told } = totals;
    totals.told = count;
    const sums = { monotonic: true, startMs } as const;
    return [
      ...["cpu", "memory", "queue", "connections"].map((name) =>
        metric(name, nowMs, { type: "gauge", value: level(10) }),
      ),
      metric("requests", nowMs, { type: "counter", value: count, delta: false, ...sums }),
      metric("bytes", nowMs, { type: "counter", value: 10 * count, delta: false, ...sums }),
      metric("calls", nowMs, {
        type: "counter",
        value: count - told,
        monotonic: true,
        delta: true,
        startMs: nowMs - metricEverySeconds * 1_000,
      }),
      metric("took", nowMs, { type: "histogram", delta: false, startMs, count, sum, bounds: [], counts: [count] }),
    ];
  }

  return function oneSecond(nowMs: number, trouble: ShopTrouble = {}): TelemetrySignal[] {
    second++;
    const requests = Array.from({ length: perSecondMin + Math.floor(5 * random()) }, (_, n) =>
      request(n, nowMs, trouble),
    ).flat();
    const all = second % metricEverySeconds === 0 ? [...requests, ...metrics(nowMs, trouble)] : requests;
    return all.filter((s) => s.service !== trouble.silent);
  };
}

const metricEverySeconds = 2;
