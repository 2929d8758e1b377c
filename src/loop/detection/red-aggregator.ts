import type { MetricSignal, SpanSignal, TelemetrySignal } from "../signal/signal.ts";
import { intervalOf } from "./duration-interval.ts";
import type { Edge } from "./finding.ts";
import { createMetricRed } from "./metric-red.ts";
import { addCall, createSlot, emptyBucket, slotStart, type OpenBucket, type Slot } from "./open-buckets.ts";
import { createRecentMap } from "./recent-map.ts";
import { bucketMs, type RedBucket } from "./red.ts";
import { createSeriesNames, type NamedService } from "./series-names.ts";

export interface RedLimits {
  /** Series known at one time; signals of further ones are refused and counted. */
  readonly seriesMax: number;
  readonly edgesMax: number;
  /** Spans remembered to join callers with callees, and failures with the failed calls below them. */
  readonly joinMax: number;
  /** Undecided spans per open interval. */
  readonly pendingMax: number;
  readonly streamsMax: number;
  /** A bucket is complete this long after its end. */
  readonly graceMs: number;
  /** A signal this far ahead of the clock is refused. */
  readonly futureMs: number;
  /** A signal this far behind the clock is refused. */
  readonly pastMs: number;
  /** A series unheard of for this long makes room for another. */
  readonly idleMs: number;
}

const usual: RedLimits = {
  seriesMax: 200_000,
  edgesMax: 50_000,
  joinMax: 100_000,
  pendingMax: 20_000,
  streamsMax: 50_000,
  graceMs: 3_000,
  futureMs: 10_000,
  pastMs: 10 * 60_000,
  idleMs: 30 * 60_000,
};

/** After this long without server spans a service's request metrics count instead. */
const spansPreferredMs = 10 * 60_000;

/**
 * Rate, errors and duration per service, instance, version and call-graph edge (B6), from spans, or from request metrics
 * where a service sends no server spans. A call counts in the bucket in which it ended. A service heard from in any way
 * gets a bucket, if need be with count 0: no requests is something else than no telemetry (B7). Everything is bounded (I11).
 */
export interface RedAggregator {
  add(signal: TelemetrySignal, nowMs: number): void;
  /** Buckets that became complete: their end and 3 s more lie behind. Oldest first. What comes later for them is counted as late. */
  close(nowMs: number): RedBucket[];
  /** Edges seen within the last `withinMs`. */
  edges(environment: string, nowMs: number, withinMs: number): Edge[];
  /** Counts by name: what is held, and what was refused and why. */
  stats(): Record<string, number>;
}

export function createRedAggregator(given: Partial<RedLimits> = {}): RedAggregator {
  const limits = { ...usual, ...given };
  const names = createSeriesNames();
  const metricRed = createMetricRed(limits.streamsMax);
  const slots = new Map<number, Slot>();
  const lastMs = new Map<string, number>();
  const edges = new Map<string, { readonly environment: string; readonly edge: Edge; seenMs: number }>();
  /** Parent span of each failed call: the server span it explains. */
  const explained = createRecentMap<string>(limits.joinMax);
  /** Service of each server span, by the span that called it. */
  const callees = createRecentMap<string>(limits.joinMax);
  const count = {
    spans: 0,
    metrics: 0,
    late: 0,
    future: 0,
    past: 0,
    seriesRefused: 0,
    edgesRefused: 0,
    undecided: 0,
    unnamedCalls: 0,
  };
  let [closedToMs, sweptMs, unnamedSeen] = [-Infinity, -Infinity, false];

  function slotAt(timeMs: number, nowMs: number): Slot | undefined {
    const startMs = slotStart(timeMs);
    if (!(timeMs <= nowMs + limits.futureMs)) count.future++;
    else if (!(timeMs >= nowMs - limits.pastMs)) count.past++;
    else if (startMs < closedToMs) count.late++;
    else {
      const slot = slots.get(startMs) ?? createSlot(startMs);
      slots.set(startMs, slot);
      return slot;
    }
    return undefined;
  }

  function bucketOf(slot: Slot, series: string): OpenBucket | undefined {
    const open = slot.buckets.get(series);
    if (open) return open;
    if (!lastMs.has(series) && lastMs.size >= limits.seriesMax) {
      count.seriesRefused++;
      return undefined;
    }
    lastMs.set(series, Math.max(slot.startMs, lastMs.get(series) ?? 0));
    const fresh = emptyBucket(series, slot.startMs);
    slot.buckets.set(series, fresh);
    return fresh;
  }

  function seriesOf(who: NamedService, signal: SpanSignal | MetricSignal): string[] {
    const { service, environment } = who;
    const { instance, version } = signal;
    const keys = [who.key];
    if (instance)
      keys.push(names.key(who.instances, instance, () => ({ type: "instance", service, environment, instance })));
    if (version)
      keys.push(names.key(who.versions, version, () => ({ type: "version", service, environment, version })));
    return keys;
  }

  function served(span: SpanSignal, who: NamedService, slot: Slot): void {
    who.servedMs = Math.max(who.servedMs, slot.startMs);
    const interval = intervalOf(span.durationMs);
    const buckets = seriesOf(who, span).flatMap((key) => bucketOf(slot, key) ?? []);
    for (const bucket of buckets) addCall(bucket, interval, span.durationMs, span.error);
    if (unnamedSeen && span.parentSpanId) callees.set(span.traceId + span.parentSpanId, span.service);
    if (!span.error) return;
    if (slot.failed.length < limits.pendingMax)
      slot.failed.push({ span: span.traceId + span.spanId, service: span.service, buckets });
    else {
      count.undecided++;
      for (const bucket of buckets) bucket.ownErrors++;
    }
  }

  function called(span: SpanSignal, who: NamedService, slot: Slot): void {
    if (span.error && span.parentSpanId) explained.set(span.traceId + span.parentSpanId, span.service);
    if (span.peer) return callTo(who, span.peer, slot, span.durationMs, span.error);
    unnamedSeen = true;
    if (slot.unnamed.length >= limits.pendingMax) count.undecided++;
    else {
      const { environment, service: from, durationMs, error } = span;
      slot.unnamed.push({ span: span.traceId + span.spanId, from, environment, durationMs, error });
    }
  }

  function callTo(who: NamedService, to: string, slot: Slot, durationMs: number, error: boolean): void {
    const { service: from, environment } = who;
    const series = names.key(who.edges, to, () => ({ type: "edge", edge: { from, to }, environment }));
    const bucket = bucketOf(slot, series);
    if (!bucket) return;
    addCall(bucket, intervalOf(durationMs), durationMs, error);
    const known = edges.get(series);
    if (known) known.seenMs = Math.max(known.seenMs, slot.startMs);
    else if (edges.size < limits.edgesMax) edges.set(series, { environment, edge: { from, to }, seenMs: slot.startMs });
    else count.edgesRefused++;
  }

  function measured(metric: MetricSignal, who: NamedService, slot: Slot): void {
    const calls = metricRed.read(metric);
    if (!calls || who.servedMs > slot.startMs - spansPreferredMs) return;
    for (const key of seriesOf(who, metric)) {
      const bucket = bucketOf(slot, key);
      if (!bucket) continue;
      bucket.count += calls.count;
      bucket.durationSumMs += calls.durationSumMs;
      for (const [i, n] of calls.durations.entries()) bucket.durations[i] = (bucket.durations[i] ?? 0) + n;
      // A metric cannot tell where an error comes from; nothing explains it, so it counts as the service's own.
      if (calls.error)
        [bucket.errors, bucket.ownErrors] = [bucket.errors + calls.count, bucket.ownErrors + calls.count];
    }
  }

  function settle(slot: Slot): RedBucket[] {
    for (const { span, service, buckets } of slot.failed)
      if (explained.get(span) !== service) for (const bucket of buckets) bucket.ownErrors++;
    for (const call of slot.unnamed) {
      const to = callees.get(call.span);
      if (to === undefined) count.unnamedCalls++;
      else callTo(names.service(call.from, call.environment), to, slot, call.durationMs, call.error);
    }
    return [...slot.buckets.values()];
  }

  function sweep(nowMs: number): void {
    if (nowMs - sweptMs < 60_000) return;
    sweptMs = nowMs;
    for (const [series, ms] of lastMs) if (ms < nowMs - limits.idleMs) lastMs.delete(series);
    for (const [series, { seenMs }] of edges) if (seenMs < nowMs - 2 * limits.idleMs) edges.delete(series);
  }

  return {
    add(signal, nowMs) {
      if (signal.kind === "log") return;
      if (signal.kind === "span") count.spans++;
      else count.metrics++;
      const slot = slotAt(signal.kind === "span" ? signal.startMs + signal.durationMs : signal.timeMs, nowMs);
      if (!slot) return;
      const who = names.service(signal.service, signal.environment);
      bucketOf(slot, who.key);
      if (signal.kind === "metric") measured(signal, who, slot);
      else if (signal.spanKind === "server" || signal.spanKind === "consumer") served(signal, who, slot);
      else if (signal.spanKind !== "internal") called(signal, who, slot);
    },
    close(nowMs) {
      const toMs = slotStart(nowMs - limits.graceMs);
      closedToMs = Math.max(closedToMs, toMs);
      const ready = [...slots.values()].filter((s) => s.startMs < closedToMs).toSorted((a, b) => a.startMs - b.startMs);
      for (const slot of ready) slots.delete(slot.startMs);
      sweep(nowMs);
      return ready.flatMap(settle);
    },
    edges: (environment, nowMs, withinMs) =>
      [...edges.values()]
        .filter((e) => e.environment === environment && e.seenMs + bucketMs > nowMs - withinMs)
        .map((e) => e.edge),
    stats: () => ({
      ...count,
      ...metricRed.stats(),
      series: lastMs.size,
      edges: edges.size,
      openIntervals: slots.size,
      joinsForgotten: explained.forgotten() + callees.forgotten(),
    }),
  };
}
