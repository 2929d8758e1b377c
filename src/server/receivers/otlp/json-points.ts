import type { CleanText } from "../clean-text.ts";
import type { JsonCursor } from "./json-cursor.ts";
import { visitJsonAttributes } from "./json-value.ts";
import type { ExponentialBuckets } from "./exponential.ts";
import { bucketsMax, type MetricKind, type PointDraft } from "./metric-point.ts";

/** Reads a data point of OTLP/JSON into the draft. */
export function jsonPoint(point: JsonCursor, kind: MetricKind, draft: PointDraft, clean: CleanText): void {
  draft.reset();
  draft.startNanos = point.integer("startTimeUnixNano");
  draft.timeNanos = point.integer("timeUnixNano");
  draft.flags = point.integer("flags");
  visitJsonAttributes(point, (key, value) => draft.setAttribute(key, value, clean));
  if (kind === "gauge" || kind === "sum") draft.value = point.get("asInt")?.asInteger() ?? point.double("asDouble");
  else if (kind !== "summary") jsonBuckets(point, kind, draft);
}

function jsonBuckets(point: JsonCursor, kind: MetricKind, draft: PointDraft): void {
  draft.resetBuckets();
  draft.count = point.integer("count");
  draft.sum = point.double("sum");
  if (kind === "histogram") {
    draft.counts = list(point, "bucketCounts", (item) => item.asInteger());
    draft.bounds = list(point, "explicitBounds", (item) => item.asDouble());
    return;
  }
  draft.scale = point.integer("scale");
  draft.zeroCount = point.integer("zeroCount");
  draft.zeroThreshold = point.double("zeroThreshold") ?? 0;
  draft.positive = jsonExponential(point.get("positive"));
  draft.negative = jsonExponential(point.get("negative"));
}

function jsonExponential(buckets: JsonCursor | undefined): ExponentialBuckets {
  if (!buckets) return { offset: 0, counts: [] };
  return { offset: buckets.integer("offset"), counts: list(buckets, "bucketCounts", (item) => item.asInteger()) };
}

const list = (at: JsonCursor, name: string, read: (item: JsonCursor) => number): number[] =>
  at.read(name, bucketsMax + 1, read);
