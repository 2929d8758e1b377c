import type { Identity, MetricSignal } from "../../../loop/signal/signal.ts";
import { textMax, type CleanText } from "../clean-text.ts";
import { rejection, type Rejection } from "./batch.ts";
import { explicitBuckets, type ExponentialBuckets } from "./exponential.ts";
import { wholeMs } from "./nanos.ts";
import { sentOn } from "./identity.ts";

/** Most attributes of one point. Leaving some out would merge series that are not one, so more are refused. */
const attributesMax = 64;
/** Most buckets of one histogram. */
export const bucketsMax = 1_024;

export type MetricKind = "gauge" | "sum" | "histogram" | "exponential-histogram" | "summary";

/** What the points of one metric share. */
export interface MetricFrame {
  readonly who: Identity;
  readonly source: string | undefined;
  readonly name: string;
  readonly unit: string;
  readonly kind: MetricKind;
  /** The number of the AggregationTemporality enum: 1 is delta, 2 cumulative. */
  readonly temporality: number;
  readonly monotonic: boolean;
}

/** A data point of any kind while it is read, in either encoding. Reused from point to point. */
export class PointDraft {
  startNanos = 0;
  timeNanos = 0;
  /** Undefined when the point carries none. */
  value: number | undefined = undefined;
  flags = 0;
  attributes: Record<string, string> = {};
  attributesCount = 0;
  count = 0;
  sum: number | undefined = undefined;
  bounds: number[] = [];
  counts: number[] = [];
  scale = 0;
  zeroCount = 0;
  zeroThreshold = 0;
  positive: ExponentialBuckets = { offset: 0, counts: [] };
  negative: ExponentialBuckets = { offset: 0, counts: [] };

  reset(): void {
    this.startNanos = this.timeNanos = this.flags = this.attributesCount = 0;
    this.value = this.sum = undefined;
    this.attributes = {};
  }

  /** Resets what only histograms fill. Arrays are new: a signal may have kept the old ones. */
  resetBuckets(): void {
    this.count = this.scale = this.zeroCount = this.zeroThreshold = 0;
    this.bounds = [];
    this.counts = [];
    this.positive = { offset: 0, counts: [] };
    this.negative = { offset: 0, counts: [] };
  }

  setAttribute(key: string, value: string, clean: CleanText): void {
    this.attributesCount += 1;
    if (this.attributesCount <= attributesMax) this.attributes[clean(key, textMax.name)] = clean(value, textMax.value);
  }
}

const reasons = {
  summary: rejection("the summary type, which cannot be added up: send histograms"),
  time: rejection("no time"),
  value: rejection("no value, or one that is not finite"),
  temporality: rejection("no aggregation temporality"),
  attributes: rejection(`more than ${attributesMax} attributes`),
  sum: rejection("no finite sum"),
  buckets: rejection("buckets that contradict their bounds or count"),
};

/** Bit of the flags that says: this series ended or had nothing to say. */
const noRecordedValue = 1;

/** The point as a signal; `none` for one that says by its flag that nothing was recorded. */
export function metricSignal(frame: MetricFrame, draft: PointDraft): MetricSignal | Rejection | "none" {
  if (frame.kind === "summary") return reasons.summary;
  if ((draft.flags & noRecordedValue) !== 0) return "none";
  if (!(draft.timeNanos > 0)) return reasons.time;
  if (draft.attributesCount > attributesMax) return reasons.attributes;
  const value = valueOf(frame, draft);
  if ("reason" in value) return value;
  const { who } = frame;
  const signal: MetricSignal = {
    kind: "metric",
    service: who.service,
    environment: who.environment,
    instance: who.instance,
    version: who.version,
    name: frame.name,
    unit: frame.unit,
    timeMs: wholeMs(draft.timeNanos),
    source: frame.source,
    attributes: draft.attributes,
    value,
  };
  return sentOn(signal, who);
}

function valueOf(frame: MetricFrame, draft: PointDraft): MetricSignal["value"] | Rejection {
  const { kind, temporality, monotonic } = frame;
  if (kind === "gauge" || kind === "sum") {
    const { value } = draft;
    if (value === undefined || !Number.isFinite(value)) return reasons.value;
    if (kind === "gauge") return { type: "gauge", value };
    if (temporality !== 1 && temporality !== 2) return reasons.temporality;
    return { type: "counter", value, monotonic, delta: temporality === 1, startMs: startMs(draft) };
  }
  if (temporality !== 1 && temporality !== 2) return reasons.temporality;
  return histogramValue(kind === "histogram" ? plainBuckets(draft) : explicitBuckets(draft), temporality === 1, draft);
}

function histogramValue(
  buckets: { bounds: number[]; counts: number[] } | undefined,
  delta: boolean,
  draft: PointDraft,
): MetricSignal["value"] | Rejection {
  const { count } = draft;
  // An empty histogram has no sum to tell; its sum is 0.
  const sum = draft.sum ?? (count === 0 ? 0 : Number.NaN);
  if (!Number.isFinite(sum)) return reasons.sum;
  if (!buckets || buckets.counts.length > bucketsMax || buckets.counts.some((n) => n < 0)) return reasons.buckets;
  if (buckets.counts.reduce((total, n) => total + n, 0) !== count) return reasons.buckets;
  return { type: "histogram", delta, startMs: startMs(draft), count, sum, ...buckets };
}

const startMs = (draft: PointDraft): number => wholeMs(draft.startNanos);

/** Explicit bounds as they came, when they are ascending and fit the counts. A histogram may carry only count and sum. */
function plainBuckets(draft: PointDraft): { bounds: number[]; counts: number[] } | undefined {
  const { bounds, counts } = draft;
  if (bounds.length === 0 && counts.length === 0) return { bounds, counts: [draft.count] };
  if (counts.length !== bounds.length + 1) return undefined;
  for (let i = 0; i < bounds.length; i += 1) {
    const bound = bounds[i] ?? Number.NaN;
    if (!Number.isFinite(bound) || (i > 0 && bound <= (bounds[i - 1] ?? bound))) return undefined;
  }
  return { bounds, counts };
}
