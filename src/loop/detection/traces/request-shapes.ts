import type { SpanSignal } from "../../signal/signal.ts";
import { childrenOf, depthMax, walk, type TraceTree } from "./trace-tree.ts";

/** One request a service served, and the distinct calls it made to others on the way. */
export interface RequestShape {
  readonly span: SpanSignal;
  readonly calls: readonly string[];
}

const callsMax = 50;

/**
 * The shape of every request in a trace: which operations of which others it called, in whatever order and number. `cut`: a call
 * was too deep or there were too many, so what is absent says nothing.
 */
export function requestShapes(tree: TraceTree): (RequestShape & { readonly cut: boolean })[] {
  return [...walk(tree)]
    .filter(({ span }) => span.spanKind === "server" || span.spanKind === "consumer")
    .map(({ span }) => {
      const calls = new Set<string>();
      const cut = collect(tree, span, calls);
      return { span, calls: [...calls].toSorted(), cut };
    });
}

/** Adds the calls below `request` that it made itself, through spans of its own; true when it had to stop early. */
function collect(tree: TraceTree, request: SpanSignal, calls: Set<string>): boolean {
  const stack = childrenOf(tree, request).map((span) => ({ span, depth: 1 }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { span, depth } = next;
    if (depth >= depthMax || calls.size >= callsMax) return true;
    if (span.spanKind === "client" || span.spanKind === "producer") calls.add(callName(span));
    else if (span.spanKind === "internal")
      for (const child of childrenOf(tree, span)) stack.push({ span: child, depth: depth + 1 });
  }
  return false;
}

/** By what the caller says alone, so that a call keeps its name when the telemetry of whom it calls is late or lost. */
const callName = ({ peer, name }: SpanSignal): string => `${peer ?? "somewhere"} ${name}`;
