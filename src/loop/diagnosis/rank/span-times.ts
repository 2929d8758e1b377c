import type { RecordedSpan } from "./recording.ts";

/**
 * A time that one place, or one call, is answerable for. Without `to`: what the place itself spent in a span, neither in spans below it nor
 * waiting for others. With `to`: what of a call neither end accounts for, the caller's span less the callee's: network, queues, connections.
 */
export interface SpanTime {
  readonly traceId: string;
  readonly place: string;
  readonly to?: string;
  readonly operation: string;
  readonly startMs: number;
  readonly ms: number;
}

/**
 * Takes traces apart. A span whose children are all elsewhere is a call; the rest of a place's spans are its own time, less their
 * children and less whatever calls the place had open in that trace, since spans of asynchronous code do not nest.
 */
export function spanTimes(spans: readonly RecordedSpan[]): SpanTime[] {
  return [...Map.groupBy(spans, (s) => s.traceId).values()].flatMap(timesOf);
}

function timesOf(trace: readonly RecordedSpan[]): SpanTime[] {
  const below = Map.groupBy(trace, (s) => s.parentId);
  const isCall = (s: RecordedSpan) => {
    const children = below.get(s.spanId) ?? [];
    return children.length > 0 && children.every((c) => c.place !== s.place);
  };
  const waits = Map.groupBy(trace.filter(isCall), (s) => s.place);
  return trace.map((s) => {
    const children = below.get(s.spanId) ?? [];
    const time = { traceId: s.traceId, place: s.place, operation: s.operation, startMs: s.startMs };
    const whole = s.endMs - s.startMs;
    if (!isCall(s)) return { ...time, ms: whole - covered(s, [...children, ...(waits.get(s.place) ?? [])]) };
    const elsewhere = children.reduce((ms, c) => ms + (c.endMs - c.startMs), 0);
    return { ...time, to: children[0]?.place ?? "", ms: Math.max(0, whole - elsewhere) };
  });
}

/** How much of a span others cover, ms. */
function covered(span: RecordedSpan, others: readonly RecordedSpan[]): number {
  let [total, until] = [0, span.startMs];
  for (const other of others.toSorted((a, b) => a.startMs - b.startMs)) {
    const [from, to] = [Math.max(other.startMs, until), Math.min(other.endMs, span.endMs)];
    if (to <= from) continue;
    total += to - from;
    until = to;
  }
  return total;
}
