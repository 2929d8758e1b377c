import type { SpanSignal } from "../../signal/signal.ts";
import { criticalPath } from "./critical-path.ts";
import { errorOrigins } from "./error-origin.ts";
import { timeSpent } from "./time-spent.ts";
import { treeOf, walk } from "./trace-tree.ts";

/** One span of a trace where it stands in the tree. Times in ms; `offsetMs` counts from the begin of the trace. */
export interface OutlineSpan {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly depth: number;
  readonly service: string;
  readonly instance?: string;
  readonly version?: string;
  readonly name: string;
  readonly spanKind: SpanSignal["spanKind"];
  readonly offsetMs: number;
  readonly durationMs: number;
  /** While none of its children ran. */
  readonly selfMs: number;
  readonly waitMs: number;
  /** Of a call whose other end came too: what neither side's work explains, such as network and queues. */
  readonly gapMs?: number;
  /** On the critical path: what shortening this span alone could save. 0 beside it. */
  readonly criticalMs: number;
  readonly error: boolean;
  /** It failed, and nothing below it did. */
  readonly isOrigin: boolean;
  readonly peer?: string;
  readonly statusCode?: number;
  /** It names a parent that is not there. */
  readonly isOrphan: boolean;
}

/** One trace, taken apart for people. Spans parents before children, in order of their start. */
export interface TraceOutline {
  readonly startMs: number;
  /** From the first begin to the last end of any span. */
  readonly durationMs: number;
  readonly services: readonly string[];
  readonly spans: readonly OutlineSpan[];
  /** Where failures began: a service, or whom a call went to that nobody answered. */
  readonly origins: readonly { readonly service: string; readonly peer?: string; readonly name: string }[];
}

/** Undefined without any span. Spans that are their own ancestors, or too deep, are left out. */
export function outlineOf(spans: readonly SpanSignal[]): TraceOutline | undefined {
  const tree = treeOf(spans);
  const spent = timeSpent(tree);
  if (spent.length === 0) return undefined;
  const depths = new Map([...walk(tree)].map(({ span, depth }) => [span, depth]));
  const critical = new Map<SpanSignal, number>();
  for (const root of tree.roots)
    for (const { span, ms } of criticalPath(tree, root)) critical.set(span, (critical.get(span) ?? 0) + ms);
  const origins = errorOrigins(tree);
  const failedFirst = new Set(origins.map(({ span }) => span));
  const startMs = spent.reduce((least, { span }) => Math.min(least, span.startMs), Infinity);
  const endMs = spent.reduce((most, { span }) => Math.max(most, span.startMs + span.durationMs), -Infinity);
  return {
    startMs,
    durationMs: endMs - startMs,
    services: [...new Set(spent.map(({ span }) => span.service))].toSorted(),
    spans: spent.map(({ span, selfMs, waitMs, gapMs }) => ({
      ...shown(span),
      depth: depths.get(span) ?? 0,
      offsetMs: span.startMs - startMs,
      selfMs,
      waitMs,
      ...(gapMs === undefined ? {} : { gapMs }),
      criticalMs: critical.get(span) ?? 0,
      isOrigin: failedFirst.has(span),
      isOrphan: depths.get(span) === 0 && span.parentSpanId !== undefined,
    })),
    origins: origins.map(({ span, service, peer }) => ({
      service,
      ...(peer === undefined ? {} : { peer }),
      name: span.name,
    })),
  };
}

/** What a span says of itself, without what all spans of a trace share. */
function shown(span: SpanSignal) {
  const { spanId, parentSpanId, service, instance, version, name, spanKind, durationMs, error, peer, statusCode } =
    span;
  return {
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    service,
    ...(instance === undefined ? {} : { instance }),
    ...(version === undefined ? {} : { version }),
    name,
    spanKind,
    durationMs,
    error,
    ...(peer === undefined ? {} : { peer }),
    ...(statusCode === undefined ? {} : { statusCode }),
  };
}
