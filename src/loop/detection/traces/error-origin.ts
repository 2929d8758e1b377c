import type { SpanSignal } from "../../signal/signal.ts";
import { childrenOf, depthMax, walk, type TraceTree } from "./trace-tree.ts";

/** Where a failure of a trace came from: the service, and the callee when a call failed whose served side did not come or did not fail. */
export interface ErrorOrigin {
  readonly span: SpanSignal;
  readonly service: string;
  /** Whom the failed call went to: refused, timed out, or not instrumented. */
  readonly peer?: string;
}

/**
 * Where the failure of one span began: followed down through what failed below it, the last that failed first, since what failed
 * before was got over. A service, or whom a call went to that nobody answered.
 */
export function originOf(tree: TraceTree, failed: SpanSignal): string {
  let span = failed;
  for (let depth = 0; depth < depthMax; depth++) {
    const below = childrenOf(tree, span).findLast((child) => child.error);
    if (!below) break;
    span = below;
  }
  return isCall(span) ? (span.peer ?? span.service) : span.service;
}

/** The failed spans under which nothing failed: errors further up are their echo. In order of their start. */
export function errorOrigins(tree: TraceTree): ErrorOrigin[] {
  return [...walk(tree)]
    .filter(({ span }) => span.error && !childrenOf(tree, span).some((child) => child.error))
    .map(({ span }) => ({
      span,
      service: span.service,
      ...(span.peer !== undefined && isCall(span) ? { peer: span.peer } : {}),
    }))
    .toSorted((a, b) => a.span.startMs - b.span.startMs);
}

const isCall = ({ spanKind }: SpanSignal): boolean => spanKind === "client" || spanKind === "producer";
