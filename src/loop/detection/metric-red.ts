import type { MetricSignal } from "../signal/signal.ts";
import { createCrowd } from "./crowd.ts";
import { intervalOf, intervals } from "./duration-interval.ts";
import { followOn } from "./metrics/follow-on.ts";
import { createRequestStreams, type Counts, type RequestStream } from "./request-streams.ts";

/** What a request-duration histogram adds since it was last read. */
export interface MetricCalls {
  readonly count: number;
  readonly error: boolean;
  readonly durationSumMs: number;
  readonly durations: readonly number[];
}

/** OpenTelemetry's names for the duration of requests served, and the unit each has when none is told. */
const unitOf: Readonly<Record<string, string>> = { "http.server.request.duration": "s", "http.server.duration": "ms" };

export interface MetricRed {
  /** `undefined` when the metric says nothing about requests, or nothing yet: a cumulative stream's first value has no past. */
  read(metric: MetricSignal, nowMs: number): MetricCalls | undefined;
  /** Forgets streams last heard before then. */
  forget(beforeMs: number): void;
  stats(): Record<string, number>;
  /** Whose streams had no room, worst first. */
  crowded(nowMs: number): string[];
  /** Whose streams are several senders' that nothing tells apart. */
  shared(nowMs: number): string[];
}

/** Reads request counts, errors and durations from histograms, delta or cumulative with resets. Bounded streams (I11). */
export function createMetricRed(streamsMax: number): MetricRed {
  const streams = createRequestStreams(streamsMax);
  const shared = createCrowd();
  let old = 0;

  function since(metric: MetricSignal, now: Counts, nowMs: number): Counts | undefined {
    const found = streams.of(metric, now.startMs, nowMs);
    if (!found) return undefined;
    const { stream, isNew, isWhole } = found;
    if (metric.timeMs <= stream.timeMs) {
      old++;
      return undefined;
    }
    const before = { ...stream };
    const follows = isNew
      ? "unseen"
      : followOn(stream, { startMs: 0, total: now.count }, metric.instance !== undefined);
    note(stream, now, metric.timeMs);
    if (follows === "shared") shared.refuse(`requests of ${metric.service}`, nowMs);
    if (isNew) return isWhole ? now : undefined;
    // It changed its intervals.
    if (follows === "reset" || now.counts.length !== before.counts.length) return now;
    return follows === "on" ? less(now, before) : undefined;
  }

  return {
    read(metric, nowMs) {
      const usual = unitOf[metric.name];
      if (usual === undefined || metric.value.type !== "histogram") return undefined;
      const { startMs, count, sum, counts, bounds, delta } = metric.value;
      const now = { startMs, count, sum, counts };
      const fresh = delta ? now : since(metric, now, nowMs);
      if (!fresh || !(fresh.count > 0)) return undefined;
      const toMs = (metric.unit || usual) === "s" ? 1_000 : 1;
      return {
        count: fresh.count,
        error: isError(metric.attributes),
        durationSumMs: Math.max(0, fresh.sum * toMs),
        durations: ours(fresh.counts, bounds, toMs, fresh.count),
      };
    },
    forget: (beforeMs) => streams.forget(beforeMs),
    stats: () => ({ ...streams.stats(), streamPointsOld: old, streamPointsShared: shared.total() }),
    crowded: (nowMs) => streams.crowded(nowMs),
    shared: (nowMs) => shared.worst(nowMs),
  };
}

function note(stream: RequestStream, now: Counts, timeMs: number): void {
  stream.timeMs = timeMs;
  stream.total = now.count;
  stream.sum = now.sum;
  stream.counts = now.counts;
}

const less = (now: Counts, before: RequestStream): Counts => ({
  ...now,
  count: now.count - before.total,
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
