import type { SpanSignal } from "../../signal/signal.ts";
import { childrenOf, depthMax, endOf, type TraceTree } from "./trace-tree.ts";

/** A stretch of the critical path: this span alone kept the root from ending. */
export interface Stretch {
  readonly span: SpanSignal;
  readonly ms: number;
}

/** Less than this is no time: timestamps are rounded. */
const blurMs = 0.001;
/** Calls one after the other overlap by as much: senders tell when a span began by a coarser clock than how long it took. */
const overlapMs = 1;
const stretchesMax = 5_000;

/**
 * The critical path of a root: the stretches that add up to its length, such that any of them shortened would have let it
 * end sooner. Walked backwards from the end: whichever child ended last before a time was waited for (as in CRISP, Zhang et
 * al., USENIX ATC 2022). Last stretch first. What lies below a span of which `descends` says no counts as that span.
 */
export function criticalPath(
  tree: TraceTree,
  root: SpanSignal,
  descends: (span: SpanSignal) => boolean = () => true,
): Stretch[] {
  const path: Stretch[] = [];
  // Only the part of a span within [fromMs, toMs] counts: children may claim to begin before their parent, or to end after it.
  const stack = [{ span: root, fromMs: root.startMs, toMs: endOf(root), depth: 0 }];
  for (let next = stack.pop(); next !== undefined && path.length < stretchesMax; next = stack.pop()) {
    const { span, fromMs, toMs, depth } = next;
    let atMs = toMs;
    const waits: typeof stack = [];
    for (const child of latestFirst(descends(span) ? childrenOf(tree, span) : [])) {
      const [startMs, endMs] = [Math.max(child.startMs, fromMs), Math.min(endOf(child), atMs)];
      // Who ran on beside a later one was not waited for.
      const beside = endOf(child) > atMs + overlapMs && atMs < toMs;
      if (depth + 1 >= depthMax || endMs <= startMs || beside) continue;
      push(path, span, atMs - endMs);
      waits.push({ span: child, fromMs: startMs, toMs: endMs, depth: depth + 1 });
      atMs = startMs;
    }
    push(path, span, atMs - fromMs);
    stack.push(...waits.toReversed());
  }
  return path;
}

const latestFirst = (children: readonly SpanSignal[]): SpanSignal[] => children.toSorted((a, b) => endOf(b) - endOf(a));

function push(path: Stretch[], span: SpanSignal, ms: number): void {
  if (ms > blurMs) path.push({ span, ms });
}
