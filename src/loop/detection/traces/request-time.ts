import type { SpanSignal } from "../../signal/signal.ts";
import { criticalPath } from "./critical-path.ts";
import { childrenOf, type TraceTree } from "./trace-tree.ts";

/** Where the time of one request went, ms: its service's own work, and waiting, by whom it waited for. Adds up to its length. */
export interface RequestTime {
  readonly selfMs: number;
  readonly waits: ReadonlyMap<string, number>;
}

/** Whom a call went to when nothing tells. */
const somewhere = "somewhere";

/**
 * Self time against waiting of a request, along its own critical path: of calls side by side only what was waited for counts. What
 * happens at the other end of a call is not looked at, so clocks may differ.
 */
export function requestTime(tree: TraceTree, request: SpanSignal): RequestTime {
  const isOwn = (span: SpanSignal): boolean =>
    span === request || (span.spanKind === "internal" && span.service === request.service);
  const waits = new Map<string, number>();
  let selfMs = 0;
  for (const { span, ms } of criticalPath(tree, request, isOwn)) {
    if (isOwn(span)) selfMs += ms;
    else waits.set(calleeOf(tree, span), (waits.get(calleeOf(tree, span)) ?? 0) + ms);
  }
  return { selfMs, waits };
}

/** Whom a call went to: by who served it, where that came too, else as the caller says. */
function calleeOf(tree: TraceTree, call: SpanSignal): string {
  if (call.spanKind !== "client" && call.spanKind !== "producer") return call.service;
  return childrenOf(tree, call).find((c) => c.service !== call.service)?.service ?? call.peer ?? somewhere;
}
