import type { SpanSignal } from "../../signal/signal.ts";

/** The spans of one trace as far as they came, as a forest: a span whose parent did not come is a root of its own. */
export interface TraceTree {
  readonly roots: readonly SpanSignal[];
  /** By the id of the parent, in order of their start. */
  readonly children: ReadonlyMap<string, readonly SpanSignal[]>;
}

/** Depth at which a trace is not followed further: what claims more is a mistake or malice (I11). */
export const depthMax = 200;

/** A span that came twice counts once, the first time; spans that are their own ancestors are left out. */
export function treeOf(spans: readonly SpanSignal[]): TraceTree {
  const byId = new Map<string, SpanSignal>();
  for (const span of spans) if (!byId.has(span.spanId)) byId.set(span.spanId, span);
  const all = [...byId.values()].toSorted((a, b) => a.startMs - b.startMs || (a.spanId < b.spanId ? -1 : 1));
  const parentOf = (span: SpanSignal): SpanSignal | undefined =>
    span.parentSpanId === undefined ? undefined : byId.get(span.parentSpanId);
  return {
    roots: all.filter((span) => parentOf(span) === undefined),
    children: Map.groupBy(
      all.filter((span) => parentOf(span) !== undefined),
      (span) => span.parentSpanId ?? "",
    ),
  };
}

export const childrenOf = (tree: TraceTree, span: SpanSignal): readonly SpanSignal[] =>
  tree.children.get(span.spanId) ?? [];

export const endOf = (span: SpanSignal): number => span.startMs + span.durationMs;

/** Every span that hangs on a root, parents before their children, with its depth. Bounded by `depthMax`. */
export function* walk(tree: TraceTree): Generator<{ readonly span: SpanSignal; readonly depth: number }> {
  const stack = tree.roots.toReversed().map((span) => ({ span, depth: 0 }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next;
    const depth = next.depth + 1;
    if (depth < depthMax)
      for (const child of childrenOf(tree, next.span).toReversed()) stack.push({ span: child, depth });
  }
}
