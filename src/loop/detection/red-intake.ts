import type { MetricSignal, SpanSignal } from "../signal/signal.ts";
import { intervalOf } from "./duration-interval.ts";
import type { Edge } from "./finding.ts";
import { createMetricRed, type MetricRed } from "./metric-red.ts";
import { addCall, emptyBucket, type OpenBucket, type Slot } from "./open-buckets.ts";
import { createRecentMap, type RecentMap } from "./recent-map.ts";
import type { RedBucket } from "./red.ts";
import { createSeriesNames, type NamedService, type SeriesNames } from "./series-names.ts";

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

/** After this long without server spans a service's request metrics count instead. */
const spansPreferredMs = 10 * 60_000;

/** Everything the aggregator holds, each part bounded by its limit (I11). */
export interface RedIntake {
  readonly limits: RedLimits;
  readonly names: SeriesNames;
  readonly metricRed: MetricRed;
  readonly slots: Map<number, Slot>;
  /** When each series last got a bucket. */
  readonly lastMs: Map<string, number>;
  readonly edges: Map<string, { readonly environment: string; readonly edge: Edge; seenMs: number }>;
  /** The server span that each failed call explains, with the service that made the call. */
  readonly explained: RecentMap<string>;
  /** Service of each server span, by the span that called it. */
  readonly callees: RecentMap<string>;
  readonly count: Record<
    "spans" | "metrics" | "late" | "future" | "past" | "seriesRefused" | "edgesRefused" | "undecided" | "unnamedCalls",
    number
  >;
  closedToMs: number;
  /** A call was seen that does not name its callee: from then on callees are remembered. */
  unnamedSeen: boolean;
}

export const createRedIntake = (limits: RedLimits): RedIntake => ({
  limits,
  names: createSeriesNames(),
  metricRed: createMetricRed(limits.streamsMax),
  slots: new Map(),
  lastMs: new Map(),
  edges: new Map(),
  explained: createRecentMap(limits.joinMax),
  callees: createRecentMap(limits.joinMax),
  count: {
    spans: 0,
    metrics: 0,
    late: 0,
    future: 0,
    past: 0,
    seriesRefused: 0,
    edgesRefused: 0,
    undecided: 0,
    unnamedCalls: 0,
  },
  closedToMs: -Infinity,
  unnamedSeen: false,
});

/** Counts a signal in an open slot. */
export function takeSignal(r: RedIntake, signal: SpanSignal | MetricSignal, slot: Slot): void {
  // That it did not answer is no word of its own: it must not look as if it was heard from (B7).
  if (signal.kind === "metric" && isDown(signal)) return;
  const who = r.names.service(signal.service, signal.environment);
  bucketOf(r, slot, who.key);
  if (signal.kind === "metric") measured(r, signal, who, slot);
  else if (signal.spanKind === "server" || signal.spanKind === "consumer") served(r, signal, who, slot);
  else if (signal.spanKind !== "internal") called(r, signal, who, slot);
}

const isDown = ({ name, value }: MetricSignal): boolean => name === "up" && value.type === "gauge" && value.value === 0;

function bucketOf(r: RedIntake, slot: Slot, series: string): OpenBucket | undefined {
  const open = slot.buckets.get(series);
  if (open) return open;
  if (!r.lastMs.has(series) && r.lastMs.size >= r.limits.seriesMax) {
    r.count.seriesRefused++;
    return undefined;
  }
  r.lastMs.set(series, Math.max(slot.startMs, r.lastMs.get(series) ?? 0));
  const fresh = emptyBucket(series, slot.startMs);
  slot.buckets.set(series, fresh);
  return fresh;
}

function seriesOf(r: RedIntake, who: NamedService, { instance, version }: SpanSignal | MetricSignal): string[] {
  const { service, environment } = who;
  const keys = [who.key];
  if (instance)
    keys.push(r.names.key(who.instances, instance, () => ({ type: "instance", service, environment, instance })));
  if (version)
    keys.push(r.names.key(who.versions, version, () => ({ type: "version", service, environment, version })));
  return keys;
}

function served(r: RedIntake, span: SpanSignal, who: NamedService, slot: Slot): void {
  who.servedMs = Math.max(who.servedMs, slot.startMs);
  const interval = intervalOf(span.durationMs);
  const buckets = seriesOf(r, who, span).flatMap((key) => bucketOf(r, slot, key) ?? []);
  for (const bucket of buckets) addCall(bucket, interval, span.durationMs, span.error);
  if (r.unnamedSeen && span.parentSpanId) r.callees.set(span.traceId + span.parentSpanId, span.service);
  if (!span.error) return;
  if (slot.failed.length < r.limits.pendingMax) {
    slot.failed.push({ span: span.traceId + span.spanId, service: span.service, buckets });
    return;
  }
  r.count.undecided++;
  for (const bucket of buckets) bucket.ownErrors++;
}

function called(r: RedIntake, span: SpanSignal, who: NamedService, slot: Slot): void {
  const { environment, service: from, durationMs, error, traceId } = span;
  if (error && span.parentSpanId) r.explained.set(traceId + span.parentSpanId, from);
  if (span.peer) {
    callTo(r, who, span.peer, slot, { durationMs, error });
    return;
  }
  r.unnamedSeen = true;
  if (slot.unnamed.length >= r.limits.pendingMax) r.count.undecided++;
  else slot.unnamed.push({ span: traceId + span.spanId, from, environment, durationMs, error });
}

function callTo(
  r: RedIntake,
  who: NamedService,
  to: string,
  slot: Slot,
  call: { readonly durationMs: number; readonly error: boolean },
): void {
  const { service: from, environment } = who;
  const series = r.names.key(who.edges, to, () => ({ type: "edge", edge: { from, to }, environment }));
  const bucket = bucketOf(r, slot, series);
  if (!bucket) return;
  addCall(bucket, intervalOf(call.durationMs), call.durationMs, call.error);
  const known = r.edges.get(series);
  if (known) known.seenMs = Math.max(known.seenMs, slot.startMs);
  else if (r.edges.size >= r.limits.edgesMax) r.count.edgesRefused++;
  else r.edges.set(series, { environment, edge: { from, to }, seenMs: slot.startMs });
}

function measured(r: RedIntake, metric: MetricSignal, who: NamedService, slot: Slot): void {
  const calls = r.metricRed.read(metric, slot.startMs);
  if (!calls || who.servedMs > slot.startMs - spansPreferredMs) return;
  for (const key of seriesOf(r, who, metric)) {
    const bucket = bucketOf(r, slot, key);
    if (!bucket) continue;
    bucket.count += calls.count;
    bucket.durationSumMs += calls.durationSumMs;
    for (const [i, n] of calls.durations.entries()) bucket.durations[i] = (bucket.durations[i] ?? 0) + n;
    if (!calls.error) continue;
    // A metric cannot tell where an error comes from; nothing explains it, so it counts as the service's own.
    bucket.errors += calls.count;
    bucket.ownErrors += calls.count;
  }
}

/** Decides what had to wait for other spans, and gives the slot's buckets. */
export function settle(r: RedIntake, slot: Slot): RedBucket[] {
  for (const { span, service, buckets } of slot.failed)
    if (r.explained.get(span) !== service) for (const bucket of buckets) bucket.ownErrors++;
  for (const call of slot.unnamed) {
    const to = r.callees.get(call.span);
    if (to === undefined) r.count.unnamedCalls++;
    else callTo(r, r.names.service(call.from, call.environment), to, slot, call);
  }
  return [...slot.buckets.values()];
}

/** Forgets series and edges that were quiet for long, so that others have room. */
export function forgetIdle(r: RedIntake, nowMs: number): void {
  for (const [series, ms] of r.lastMs) if (ms < nowMs - r.limits.idleMs) r.lastMs.delete(series);
  for (const [series, { seenMs }] of r.edges) if (seenMs < nowMs - 2 * r.limits.idleMs) r.edges.delete(series);
  r.metricRed.forget(nowMs - r.limits.idleMs);
}

export const statsOf = (r: RedIntake): Record<string, number> => ({
  ...r.count,
  ...r.metricRed.stats(),
  series: r.lastMs.size,
  edges: r.edges.size,
  openIntervals: r.slots.size,
  joinsForgotten: r.explained.forgotten() + r.callees.forgotten(),
});
