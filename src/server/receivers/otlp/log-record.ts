import type { Json } from "../../../kernel/json.ts";
import type { Identity, LogSignal } from "../../../loop/signal/signal.ts";
import { textMax } from "../clean-text.ts";
import { valueText } from "./any-value.ts";
import type { DecodeContext } from "./batch.ts";
import { wholeMs } from "./nanos.ts";
import { sentOn } from "./identity.ts";

/** A log record while it is read, in either encoding. Reused from record to record. */
export class LogDraft {
  timeNanos = 0;
  observedNanos = 0;
  severity = 0;
  body: Json = null;
  eventName = "";
  /** Lower-case hex of 16 bytes; empty when missing or of another length. */
  traceId = "";

  reset(): void {
    this.timeNanos = this.observedNanos = this.severity = 0;
    this.body = null;
    this.eventName = this.traceId = "";
  }
}

/**
 * The log record as a signal. Without a time the observed time counts, then the time of arrival. A body that is not a
 * text is its JSON; without a body the event's name stands for it.
 */
export function logSignal(draft: LogDraft, who: Identity, context: DecodeContext): LogSignal {
  const nanos = draft.timeNanos || draft.observedNanos;
  const body = draft.body === null ? draft.eventName : valueText(draft.body);
  const signal: LogSignal = {
    kind: "log",
    service: who.service,
    environment: who.environment,
    instance: who.instance,
    version: who.version,
    timeMs: nanos === 0 ? context.nowMs : wholeMs(nanos),
    severity: draft.severity >= 1 && draft.severity <= 24 ? draft.severity : 0,
    body: context.clean(body, textMax.body, "lines"),
    traceId: draft.traceId === "" || /^0+$/.test(draft.traceId) ? undefined : draft.traceId,
  };
  return sentOn(signal, who);
}
