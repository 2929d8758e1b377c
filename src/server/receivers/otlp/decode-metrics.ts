import { textMax, type CleanText } from "../clean-text.ts";
import { readKeyValue, readValueText, textBytesMax } from "./any-value.ts";
import { Batch, type DecodeContext, type Decoded } from "./batch.ts";
import { sourceOf, type Sender } from "./identity.ts";
import { metricSignal, PointDraft, type MetricFrame, type MetricKind } from "./metric-point.ts";
import { readExponentialPoint, readHistogramPoint, readNumberPoint } from "./read-points.ts";
import { visitResources } from "./resource.ts";
import { visitMessages } from "./visit-messages.ts";
import { tagOf, wire, WireReader } from "./wire-reader.ts";

/** Decodes an ExportMetricsServiceRequest (opentelemetry/proto/collector/metrics/v1). Throws Malformed. */
export function decodeMetrics(body: Buffer, context: DecodeContext): Decoded {
  const r = new WireReader(body);
  const reading: Reading = { batch: new Batch(), draft: new PointDraft(), clean: context.clean };
  visitResources(r, context.clean, (who) => readScopeMetrics(r, who, reading));
  return reading.batch.decoded();
}

interface Reading {
  readonly batch: Batch;
  readonly draft: PointDraft;
  readonly clean: CleanText;
}

/** Fields of Metric that hold its points, by tag. */
const kinds: ReadonlyMap<number, MetricKind> = new Map([
  [tagOf(5, wire.bytes), "gauge"],
  [tagOf(7, wire.bytes), "sum"],
  [tagOf(9, wire.bytes), "histogram"],
  [tagOf(10, wire.bytes), "exponential-histogram"],
  [tagOf(11, wire.bytes), "summary"],
]);

/** A scope's name and its metrics, in whatever order they stand. */
function readScopeMetrics(r: WireReader, who: Sender, reading: Reading): void {
  const start = r.pos;
  const source = sourceOf(who, readScopeName(r), reading.clean);
  r.pos = start;
  readMetrics(r, { who, source }, reading);
}

/** The name of the open frame's InstrumentationScope; empty when it has none. */
function readScopeName(r: WireReader): string {
  let name = "";
  visitMessages(r, (1 << 3) | 2, () => {
    while (r.more()) {
      const inner = r.tag();
      if (inner === ((1 << 3) | 2)) name = r.text(textBytesMax);
      else r.skip(inner);
    }
  });
  return name;
}

const readMetrics = (r: WireReader, from: Pick<MetricFrame, "who" | "source">, reading: Reading): void =>
  visitMessages(r, (2 << 3) | 2, () => readMetric(r, from, reading));

/** Reads the names first, and then the points, wherever they stand; the last data member of the oneof counts. */
function readMetric(r: WireReader, from: Pick<MetricFrame, "who" | "source">, reading: Reading): void {
  let name = "";
  let unit = "";
  let kind: MetricKind | undefined;
  let start = 0;
  let end = 0;
  while (r.more()) {
    const tag = r.tag();
    if (tag === ((1 << 3) | 2)) name = r.text(textBytesMax);
    else if (tag === ((3 << 3) | 2)) unit = r.text(textBytesMax);
    else if (kinds.has(tag)) {
      kind = kinds.get(tag);
      end = r.lengthEnd();
      start = r.pos;
      r.pos = end;
    } else r.skip(tag);
  }
  if (kind === undefined) return;
  const named = { ...from, name: reading.clean(name, textMax.name), unit: reading.clean(unit, textMax.name), kind };
  r.revisit(start, end, () => readData(r, named, reading));
}

/** Temporality and monotonicity come after the points on the wire, so the points are passed over once. */
function readData(r: WireReader, named: Omit<MetricFrame, "temporality" | "monotonic">, reading: Reading): void {
  const start = r.pos;
  let temporality = 0;
  let monotonic = false;
  while (r.more()) {
    const tag = r.tag();
    if (tag === ((2 << 3) | 0)) temporality = r.varint();
    else if (tag === ((3 << 3) | 0)) monotonic = r.varint() !== 0;
    else r.skip(tag);
  }
  r.pos = start;
  readPoints(r, { ...named, temporality, monotonic }, reading);
}

function readPoints(r: WireReader, frame: MetricFrame, reading: Reading): void {
  const { batch, draft } = reading;
  while (r.more()) {
    const tag = r.tag();
    if (tag !== ((1 << 3) | 2)) {
      r.skip(tag);
      continue;
    }
    const outer = r.open();
    draft.reset();
    readPoint(r, frame.kind, draft, reading.clean);
    r.close(outer);
    const signal = metricSignal(frame, draft);
    if (signal !== "none") batch.take(signal);
  }
}

function readPoint(r: WireReader, kind: MetricKind, draft: PointDraft, clean: CleanText): void {
  const attribute = () => {
    const pair = readKeyValue(r);
    draft.setAttribute(pair.key, readValueText(r, pair), clean);
  };
  if (kind === "gauge" || kind === "sum") return readNumberPoint(r, draft, attribute);
  draft.resetBuckets();
  if (kind === "histogram") readHistogramPoint(r, draft, attribute);
  else if (kind === "exponential-histogram") readExponentialPoint(r, draft, attribute);
}
