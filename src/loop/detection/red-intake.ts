import type { MetricSignal, SpanSignal } from "../signal/signal.ts";
import { intervalOf } from "./duration-interval.ts";
import type { Edge } from "./finding.ts";
import { createMetricRed, type MetricRed } from "./metric-red.ts";
import { addCall, emptyBucket, type OpenBucket, type Slot } from "./open-buckets.ts";
import { createRecentMap, type RecentMap } from "./recent-map.ts";
import { createRedRoom, type RedRoom, type RoomLimits, type SeriesOwner } from "./red-room.ts";
import type { RedBucket } from "./red.ts";
import { createSeriesNames, type NamedService, type SeriesNames } from "./series-names.ts";

export interface RedLimits extends RoomLimits {
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
}

/** After this long without server spans a service's request metrics count instead. */
const spansPreferredMs = 10 * 60_000;

/** Everything the aggregator holds, each part bounded by its limit (I11). */
export interface RedIntake {
  readonly limits: RedLimits;
  readonly names: SeriesNames;
  readonly metricRed: MetricRed;
  readonly slots: Map<number, Slot>;
  readonly room: RedRoom;
  readonly edges: Map<string, { readonly environment: string; readonly edge: Edge; seenMs: number }>;
  /** The server span that each failed call explains, with the service that made the call. */
  readonly explained: RecentMap<string>;
  /** Service of each server span, by the span that called it. */
  readonly callees: RecentMap<string>;
  readonly count: Record<
    "spans" | "metrics" | "late" | "future" | "past" | "edgesRefused" | "undecided" | "unnamedCalls",
    number
  >;
  closedToMs: number;
  /** A call was seen that does not name its callee: from then on callees are remembered. */
  unnamedSeen: boolean;
}

export const createRedIntake = (
  limits: RedLimits,
  isDeclared: (service: string, environment: string) => boolean,
): RedIntake => ({
  limits,
  names: createSeriesNames(),
  metricRed: createMetricRed(limits.streamsMax),
  slots: new Map(),
  room: createRedRoom(limits, isDeclared),
  edges: new Map(),
  explained: createRecentMap(limits.joinMax),
  callees: createRecentMap(limits.joinMax),
  count: {
    spans: 0,
    metrics: 0,
    late: 0,
    future: 0,
    past: 0,
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
  if (!slot.buckets.has(who.key)) openBucket(r, slot, who.key, ownerOf(who, "service"));
  if (signal.kind === "metric") measured(r, signal, who, slot);
  else if (signal.spanKind === "server" || signal.spanKind === "consumer") served(r, signal, who, slot);
  else if (signal.spanKind !== "internal") called(r, signal, who, slot);
}

const isDown = ({ name, value }: MetricSignal): boolean => name === "up" && value.type === "gauge" && value.value === 0;

const ownerOf = ({ service, environment }: NamedService, kind: SeriesOwner["kind"], other?: string): SeriesOwner => ({
  service,
  environment,
  kind,
  ...(other === undefined ? {} : { other }),
});

/** Opens a bucket of a series that has none in the slot yet, if there is room. */
function openBucket(r: RedIntake, slot: Slot, series: string, owner: SeriesOwner): OpenBucket | undefined {
  if (!r.room.admit(series, owner, slot.startMs)) return undefined;
  const fresh = emptyBucket(series, slot.startMs);
  slot.buckets.set(series, fresh);
  return fresh;
}

/** The open buckets of a service, of its instance and of its version, as far as there is room. */
function bucketsOf(
  r: RedIntake,
  who: NamedService,
  { instance, version }: SpanSignal | MetricSignal,
  slot: Slot,
): OpenBucket[] {
  const { service, environment } = who;
  const found = [slot.buckets.get(who.key)];
  if (instance) {
    const key = r.names.key(who.instances, instance, () => ({ type: "instance", service, environment, instance }));
    found.push(slot.buckets.get(key) ?? openBucket(r, slot, key, ownerOf(who, "instance")));
  }
  if (version) {
    const key = r.names.key(who.versions, version, () => ({ type: "version", service, environment, version }));
    found.push(slot.buckets.get(key) ?? openBucket(r, slot, key, ownerOf(who, "version")));
  }
  return found.filter((bucket) => bucket !== undefined);
}

function served(r: RedIntake, span: SpanSignal, who: NamedService, slot: Slot): void {
  who.servedMs = Math.max(who.servedMs, slot.startMs);
  const interval = intervalOf(span.durationMs);
  const buckets = bucketsOf(r, who, span, slot);
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
  const bucket = slot.buckets.get(series) ?? openBucket(r, slot, series, ownerOf(who, "edge", to));
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
  for (const bucket of bucketsOf(r, who, metric, slot)) {
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
  r.room.forget(nowMs);
  for (const [series, { seenMs }] of r.edges) if (seenMs < nowMs - 2 * r.limits.idleMs) r.edges.delete(series);
  r.metricRed.forget(nowMs - r.limits.idleMs);
}

export const statsOf = (r: RedIntake): Record<string, number> => ({
  ...r.count,
  ...r.metricRed.stats(),
  series: r.room.size(),
  seriesRefused: r.room.refused(),
  edges: r.edges.size,
  openIntervals: r.slots.size,
  joinsForgotten: r.explained.forgotten() + r.callees.forgotten(),
});
