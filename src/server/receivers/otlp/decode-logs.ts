import type { Identity } from "../../../loop/signal/signal.ts";
import { readAnyValue, textBytesMax } from "./any-value.ts";
import { Batch, type DecodeContext, type Decoded } from "./batch.ts";
import { LogDraft, logSignal } from "./log-record.ts";
import { visitResources } from "./resource.ts";
import { WireReader } from "./wire-reader.ts";

/** Decodes an ExportLogsServiceRequest (opentelemetry/proto/collector/logs/v1). Throws Malformed. */
export function decodeLogs(body: Buffer, context: DecodeContext): Decoded {
  const r = new WireReader(body);
  const batch = new Batch();
  const draft = new LogDraft();
  visitResources(r, context.clean, (who) => readScopeLogs(r, who, draft, batch, context));
  return batch.decoded();
}

function readScopeLogs(r: WireReader, who: Identity, draft: LogDraft, batch: Batch, context: DecodeContext): void {
  while (r.more()) {
    const tag = r.tag();
    if (tag !== ((2 << 3) | 2)) {
      r.skip(tag);
      continue;
    }
    const outer = r.open();
    draft.reset();
    readLogRecord(r, draft);
    r.close(outer);
    batch.take(logSignal(draft, who, context));
  }
}

function readLogRecord(r: WireReader, draft: LogDraft): void {
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case (1 << 3) | 1:
        draft.timeNanos = r.fixed64();
        break;
      case (2 << 3) | 0:
        draft.severity = r.varint();
        break;
      case (5 << 3) | 2:
        draft.body = readBody(r);
        break;
      case (9 << 3) | 2:
        draft.traceId = r.hex(16);
        break;
      case (11 << 3) | 1:
        draft.observedNanos = r.fixed64();
        break;
      case (12 << 3) | 2:
        draft.eventName = r.text(textBytesMax);
        break;
      default:
        r.skip(tag);
    }
  }
}

function readBody(r: WireReader) {
  const outer = r.open();
  const body = readAnyValue(r);
  r.close(outer);
  return body;
}
