import type { SpanSignal } from "../../signal/signal.ts";
import { childrenOf, endOf, walk, type TraceTree } from "./trace-tree.ts";

/** Where the time of one span went, in ms: `selfMs` while none of its children ran, `waitMs` while at least one did. */
export interface TimeSpent {
  readonly span: SpanSignal;
  readonly selfMs: number;
  readonly waitMs: number;
  /** For a call whose served side came too: how long neither side's work explains, network and queues (clocks may differ, so only the lengths count). */
  readonly gapMs?: number;
}

/** Self time against waiting of every span. What a child does after its parent ended, or before it began, does not count. */
export function timeSpent(tree: TraceTree): TimeSpent[] {
  return [...walk(tree)].map(({ span }) => {
    const children = childrenOf(tree, span);
    const served = children.find((c) => span.spanKind === "client" && c.spanKind === "server");
    // Clocks of two hosts differ: what was served remotely is placed by its length alone.
    const waitMs = served ? Math.min(span.durationMs, served.durationMs) : covered(span, children);
    return {
      span,
      selfMs: Math.max(0, span.durationMs - waitMs),
      waitMs,
      ...(served ? { gapMs: Math.max(0, span.durationMs - served.durationMs) } : {}),
    };
  });
}

/** Length of the union of the children's intervals within the span. */
function covered(span: SpanSignal, children: readonly SpanSignal[]): number {
  let [sum, toMs] = [0, span.startMs];
  for (const child of children) {
    const from = Math.max(child.startMs, toMs);
    const to = Math.min(endOf(child), endOf(span));
    if (to <= from) continue;
    sum += to - from;
    toMs = to;
  }
  return sum;
}
