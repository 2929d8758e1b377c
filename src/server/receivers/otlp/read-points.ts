import type { ExponentialBuckets } from "./exponential.ts";
import { bucketsMax, type PointDraft } from "./metric-point.ts";
import type { WireReader } from "./wire-reader.ts";

/** Reads the open NumberDataPoint (opentelemetry/proto/metrics/v1). `attribute` reads one attribute. */
export function readNumberPoint(r: WireReader, draft: PointDraft, attribute: () => void): void {
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case (2 << 3) | 1:
        draft.startNanos = r.fixed64();
        break;
      case (3 << 3) | 1:
        draft.timeNanos = r.fixed64();
        break;
      case (4 << 3) | 1:
        draft.value = r.double();
        break;
      case (6 << 3) | 1:
        draft.value = r.signedFixed64();
        break;
      case (7 << 3) | 2:
        attribute();
        break;
      case (8 << 3) | 0:
        draft.flags = r.varint();
        break;
      default:
        r.skip(tag);
    }
  }
}

/** Reads the open HistogramDataPoint. Repeated numbers may be packed or not. */
export function readHistogramPoint(r: WireReader, draft: PointDraft, attribute: () => void): void {
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case (2 << 3) | 1:
        draft.startNanos = r.fixed64();
        break;
      case (3 << 3) | 1:
        draft.timeNanos = r.fixed64();
        break;
      case (4 << 3) | 1:
        draft.count = r.fixed64();
        break;
      case (5 << 3) | 1:
        draft.sum = r.double();
        break;
      case (9 << 3) | 2:
        attribute();
        break;
      case (10 << 3) | 0:
        draft.flags = r.varint();
        break;
      default:
        readHistogramBuckets(r, tag, draft);
    }
  }
}

function readHistogramBuckets(r: WireReader, tag: number, draft: PointDraft): void {
  switch (tag) {
    case (6 << 3) | 1:
      return keep(draft.counts, r.fixed64());
    case (6 << 3) | 2:
      return packed(r, () => keep(draft.counts, r.fixed64()));
    case (7 << 3) | 1:
      return keep(draft.bounds, r.double());
    case (7 << 3) | 2:
      return packed(r, () => keep(draft.bounds, r.double()));
    default:
      return r.skip(tag);
  }
}

/** Reads the open ExponentialHistogramDataPoint. */
export function readExponentialPoint(r: WireReader, draft: PointDraft, attribute: () => void): void {
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case (1 << 3) | 2:
        attribute();
        break;
      case (2 << 3) | 1:
        draft.startNanos = r.fixed64();
        break;
      case (3 << 3) | 1:
        draft.timeNanos = r.fixed64();
        break;
      case (4 << 3) | 1:
        draft.count = r.fixed64();
        break;
      case (5 << 3) | 1:
        draft.sum = r.double();
        break;
      case (10 << 3) | 0:
        draft.flags = r.varint();
        break;
      default:
        readExponentialBuckets(r, tag, draft);
    }
  }
}

function readExponentialBuckets(r: WireReader, tag: number, draft: PointDraft): void {
  switch (tag) {
    case (6 << 3) | 0:
      draft.scale = r.zigzag();
      return;
    case (7 << 3) | 1:
      draft.zeroCount = r.fixed64();
      return;
    case (8 << 3) | 2:
      return readBuckets(r, draft.positive);
    case (9 << 3) | 2:
      return readBuckets(r, draft.negative);
    case (14 << 3) | 1:
      draft.zeroThreshold = r.double();
      return;
    default:
      return r.skip(tag);
  }
}

function readBuckets(r: WireReader, buckets: ExponentialBuckets): void {
  const outer = r.open();
  while (r.more()) {
    const tag = r.tag();
    if (tag === ((1 << 3) | 0)) buckets.offset = r.zigzag();
    else if (tag === ((2 << 3) | 0)) keep(buckets.counts, r.varint());
    else if (tag === ((2 << 3) | 2)) packed(r, () => keep(buckets.counts, r.varint()));
    else r.skip(tag);
  }
  r.close(outer);
}

function packed(r: WireReader, read: () => void): void {
  const outer = r.open();
  while (r.more()) read();
  r.close(outer);
}

/** One more than allowed is kept, so that the point is seen to have too many. */
function keep(list: number[], value: number): void {
  if (list.length <= bucketsMax) list.push(value);
}
