import type { Identity } from "../../../loop/signal/signal.ts";
import { readKeyValue, readValueText, textBytesMax } from "./any-value.ts";
import { Batch, type DecodeContext, type Decoded } from "./batch.ts";
import { visitResources } from "./resource.ts";
import { SpanDraft, spanKeys, spanSignal } from "./span.ts";
import { WireReader } from "./wire-reader.ts";

/** Decodes an ExportTraceServiceRequest (opentelemetry/proto/collector/trace/v1). Throws Malformed. */
export function decodeTraces(body: Buffer, context: DecodeContext): Decoded {
  const r = new WireReader(body);
  const batch = new Batch();
  const draft = new SpanDraft();
  visitResources(r, context.clean, (who) => readScopeSpans(r, who, draft, batch, context));
  return batch.decoded();
}

function readScopeSpans(r: WireReader, who: Identity, draft: SpanDraft, batch: Batch, context: DecodeContext): void {
  while (r.more()) {
    const tag = r.tag();
    if (tag !== ((2 << 3) | 2)) {
      r.skip(tag);
      continue;
    }
    const outer = r.open();
    draft.reset();
    readSpan(r, draft);
    r.close(outer);
    batch.take(spanSignal(draft, who, context.clean));
  }
}

function readSpan(r: WireReader, draft: SpanDraft): void {
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case (1 << 3) | 2:
        draft.traceId = r.hex(16);
        break;
      case (2 << 3) | 2:
        draft.spanId = r.hex(8);
        break;
      case (4 << 3) | 2:
        draft.parentSpanId = r.hex(8);
        break;
      case (5 << 3) | 2:
        draft.name = r.text(textBytesMax);
        break;
      case (6 << 3) | 0:
        draft.kind = r.varint();
        break;
      case (7 << 3) | 1:
        draft.startNanos = r.fixed64();
        break;
      case (8 << 3) | 1:
        draft.endNanos = r.fixed64();
        break;
      case (9 << 3) | 2:
        readSpanAttribute(r, draft);
        break;
      case (15 << 3) | 2:
        readStatus(r, draft);
        break;
      default:
        r.skip(tag);
    }
  }
}

function readSpanAttribute(r: WireReader, draft: SpanDraft): void {
  const pair = readKeyValue(r);
  if (spanKeys.has(pair.key)) draft.attributes.set(pair.key, readValueText(r, pair));
}

function readStatus(r: WireReader, draft: SpanDraft): void {
  const outer = r.open();
  while (r.more()) {
    const tag = r.tag();
    if (tag === ((3 << 3) | 0)) draft.status = r.varint();
    else r.skip(tag);
  }
  r.close(outer);
}
