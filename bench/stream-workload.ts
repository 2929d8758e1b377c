import { seededRandom } from "../src/kernel/random.ts";
import type { MetricSignal } from "../src/loop/signal/signal.ts";

/** A stream reports once in this time, as a scrape every quarter of a minute does. */
export const reportEveryMs = 15_000;
const perService = 100;
const perMetric = 10;
/** Reports after which a swinging stream is where it was. */
const periodReports = 20;

const metrics = [
  { name: "http.server.requests", unit: "1", counts: true },
  { name: "http.server.queue.depth", unit: "1", counts: false },
  { name: "process.cpu.utilization", unit: "1", counts: false },
  { name: "process.memory.usage", unit: "By", counts: false },
  { name: "db.client.connections.usage", unit: "1", counts: false },
] as const;

/**
 * The reports of `streams` metric streams, 100 of a service, one in five a counter. Values are noise about a level of each stream's own;
 * with `swings` they also go up and down in a period that can be found, which is what a stream costs most with. Made anew each time, so
 * that what makes them holds next to nothing.
 */
export function streamReports(streams: number, swings: boolean) {
  const random = seededRandom(7);
  const totals = new Float64Array(streams);

  function report(stream: number, atMs: number): MetricSignal {
    const metric = metrics[Math.floor(stream / perMetric) % metrics.length] ?? metrics[0];
    const phase = ((atMs / reportEveryMs + stream) / periodReports) * 2 * Math.PI;
    const value = 100 + (stream % 37) + random() * 5 + (swings ? 20 * Math.sin(phase) : 0);
    const total = (totals[stream] ?? 0) + value;
    totals[stream] = total;
    return {
      kind: "metric",
      service: `service-${Math.floor(stream / perService)}`,
      environment: "bench",
      instance: "1",
      name: metric.name,
      unit: metric.unit,
      timeMs: atMs,
      attributes: { "http.route": `/route/${stream % perService}`, "http.request.method": "GET" },
      value: metric.counts
        ? { type: "counter", monotonic: true, delta: false, startMs: 1, value: total }
        : { type: "gauge", value },
    };
  }

  const services = Math.ceil(streams / perService);
  return {
    services,
    /** As a care repo declares them: what is not declared may not take all the room there is. */
    declared: Array.from({ length: services }, (_, i) => {
      const name = `service-${i}`;
      return { name, telemetryName: name, environment: "bench", emitsTelemetry: true };
    }),
    /** The next reports of the streams of some services, up to but not including `toService`. */
    ofServices: (fromService: number, toService: number, atMs: number): MetricSignal[] => {
      const from = fromService * perService;
      const to = Math.min(streams, toService * perService);
      return Array.from({ length: Math.max(0, to - from) }, (_, i) => report(from + i, atMs));
    },
  };
}
