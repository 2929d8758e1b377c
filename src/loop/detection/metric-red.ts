import type { MetricSignal } from "../signal/signal.ts";
import { intervalOf, intervals } from "./duration-interval.ts";

/** What a request-duration histogram adds since it was last read. */
export interface MetricCalls {
  readonly count: number;
  readonly error: boolean;
  readonly durationSumMs: number;
  readonly durations: readonly number[];
}

interface Stream {
  readonly startMs: number;
  readonly timeMs: number;
  readonly count: number;
  readonly sum: number;
  readonly counts: readonly number[];
}

/** OpenTelemetry's names for the duration of requests served, and the unit each has when none is told. */
const unitOf: Readonly<Record<string, string>> = { "http.server.request.duration": "s", "http.server.duration": "ms" };

export interface MetricRed {
  /** `undefined` when the metric says nothing about requests, or nothing yet: a cumulative stream's first value has no past. */
  read(metric: MetricSignal): MetricCalls | undefined;
  /** Forgets streams last heard before then. */
  forget(beforeMs: number): void;
  stats(): { readonly streams: number; readonly streamsRefused: number };
}

/** Reads request counts, errors and durations from histograms, delta or cumulative with resets. Bounded streams (I11). */
export function createMetricRed(streamsMax: number): MetricRed {
  const streams = new Map<string, Stream>();
  const firstSeen = new Map<string, { readonly firstMs: number; lastMs: number }>();
  let refused = 0;

  /** True when an earlier report of this sender was read: a stream that appears now began since. */
  function isKnown(metric: MetricSignal): boolean {
    const sender = JSON.stringify([metric.environment, metric.service, metric.instance ?? "", metric.name]);
    const seen = firstSeen.get(sender) ?? { firstMs: metric.timeMs, lastMs: metric.timeMs };
    seen.lastMs = Math.max(seen.lastMs, metric.timeMs);
    firstSeen.set(sender, seen);
    return seen.firstMs < metric.timeMs;
  }

  function since(metric: MetricSignal, now: Stream): Stream | undefined {
    const key = streamKey(metric);
    const before = streams.get(key);
    if (!before && streams.size >= streamsMax) {
      refused++;
      return undefined;
    }
    const known = isKnown(metric);
    if (before && now.timeMs <= before.timeMs) return undefined;
    streams.set(key, now);
    if (before) return isReset(now, before) ? now : less(now, before);
    return known ? now : undefined;
  }

  return {
    read(metric) {
      const usual = unitOf[metric.name];
      if (usual === undefined || metric.value.type !== "histogram") return undefined;
      const { startMs, count, sum, counts, bounds, delta } = metric.value;
      const now = { startMs, timeMs: metric.timeMs, count, sum, counts };
      const fresh = delta ? now : since(metric, now);
      if (!fresh || !(fresh.count > 0)) return undefined;
      const toMs = (metric.unit || usual) === "s" ? 1_000 : 1;
      return {
        count: fresh.count,
        error: isError(metric.attributes),
        durationSumMs: Math.max(0, fresh.sum * toMs),
        durations: ours(fresh.counts, bounds, toMs, fresh.count),
      };
    },
    forget(beforeMs) {
      for (const [key, stream] of streams) if (stream.timeMs < beforeMs) streams.delete(key);
      for (const [sender, at] of firstSeen) if (at.lastMs < beforeMs) firstSeen.delete(sender);
    },
    stats: () => ({ streams: streams.size, streamsRefused: refused }),
  };
}

const streamKey = (m: MetricSignal): string =>
  JSON.stringify([m.environment, m.service, m.instance ?? "", m.name, Object.entries(m.attributes).toSorted(byName)]);

const byName = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : 1);

/** The sender began to count anew: it restarted, or changed its intervals. */
const isReset = (now: Stream, before: Stream): boolean =>
  now.startMs > before.startMs || now.count < before.count || now.counts.length !== before.counts.length;

const less = (now: Stream, before: Stream): Stream => ({
  ...now,
  count: now.count - before.count,
  sum: now.sum - before.sum,
  counts: now.counts.map((n, i) => Math.max(0, n - (before.counts[i] ?? 0))),
});

/** The sender's histogram on our bounds: each of its intervals is counted at its middle. */
function ours(counts: readonly number[], bounds: readonly number[], toMs: number, count: number): number[] {
  const found = Array.from({ length: intervals }, () => 0);
  let placed = 0;
  for (const [i, n] of counts.entries()) {
    const low = (bounds[i - 1] ?? 0) * toMs;
    const high = (bounds[i] ?? (low / toMs) * 1.5) * toMs;
    const at = intervalOf(low > 0 ? Math.sqrt(low * high) : high / 2);
    found[at] = (found[at] ?? 0) + n;
    placed += n;
  }
  if (placed < count) found[0] = (found[0] ?? 0) + count - placed;
  return found;
}

const isError = (attributes: Readonly<Record<string, string>>): boolean => {
  const status = Number(attributes["http.response.status_code"] ?? attributes["http.status_code"] ?? Number.NaN);
  const type = attributes["error.type"] ?? "";
  return status >= 500 || (type !== "" && !/^[1-4]\d\d$/.test(type));
};
