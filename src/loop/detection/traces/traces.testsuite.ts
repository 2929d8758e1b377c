import type { SpanSignal } from "../../signal/signal.ts";

/** Span made short: `span("gateway", "server", "GET /", 0, 100)`; ids count up. */
export function tracing(traceId = "t1") {
  let next = 0;
  return function span(
    service: string,
    spanKind: SpanSignal["spanKind"],
    name: string,
    startMs: number,
    durationMs: number,
    more: Partial<SpanSignal> & { readonly under?: SpanSignal } = {},
  ): SpanSignal {
    const { under, ...rest } = more;
    return {
      kind: "span",
      service,
      environment: "prod",
      traceId,
      spanId: `${traceId}-${next++}`,
      ...(under ? { parentSpanId: under.spanId } : {}),
      name,
      spanKind,
      startMs,
      durationMs,
      error: false,
      ...rest,
    };
  };
}
