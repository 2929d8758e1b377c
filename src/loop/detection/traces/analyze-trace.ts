import type { SpanSignal } from "../../signal/signal.ts";
import { intervalOf } from "../duration-interval.ts";
import { criticalPath } from "./critical-path.ts";
import { errorOrigins, originOf } from "./error-origin.ts";
import type { Exemplar } from "./exemplars.ts";
import type { Tally } from "./operation-times.ts";
import { requestShapes, type RequestShape } from "./request-shapes.ts";
import { requestTime } from "./request-time.ts";
import { childrenOf, depthMax, treeOf, walk, type TraceTree } from "./trace-tree.ts";

/** What one whole trace says. */
export interface TraceFacts {
  readonly tallies: readonly Tally[];
  readonly shapes: readonly RequestShape[];
  /** One for each request a service served. */
  readonly exemplars: readonly {
    readonly service: string;
    readonly environment: string;
    readonly exemplar: Exemplar;
  }[];
}

/** Takes one trace apart: where its time went, where its failures came from, and which calls it made (B6, D1). */
export function analyzeTrace(spans: readonly SpanSignal[]): TraceFacts {
  const tree = treeOf(spans);
  const operations = operationsOf(tree);
  const of = (span: SpanSignal): Pick<Tally, "service" | "environment" | "operation" | "atMs"> => ({
    service: span.service,
    environment: span.environment,
    operation: operations.get(span.spanId)?.name ?? span.name,
    atMs: span.startMs,
  });
  const tallies: Tally[] = [];
  const requests = [...walk(tree)].map(({ span }) => span).filter(isRequest);
  for (const request of requests) tallies.push({ ...of(request), ...requestTally(tree, request) });
  for (const { span } of errorOrigins(tree)) tallies.push({ ...of(span), add: { ownErrors: 1 } });
  for (const root of tree.roots)
    for (const { span, ms } of criticalPath(tree, root)) tallies.push({ ...of(span), add: { criticalMs: ms } });
  const traceMs = tree.roots.reduce((sum, root) => sum + root.durationMs, 0);
  const partOf = new Map([...new Set(operations.values())].map((span) => [keyOf(of(span)), of(span)] as const));
  for (const operation of partOf.values()) tallies.push({ ...operation, add: { traceMs } });
  return {
    tallies,
    shapes: requestShapes(tree).filter((shape) => !shape.cut),
    exemplars: requests.map(exemplarOf),
  };
}

const isRequest = ({ spanKind }: SpanSignal): boolean => spanKind === "server" || spanKind === "consumer";

const keyOf = ({ service, environment, operation }: Pick<Tally, "service" | "environment" | "operation">): string =>
  JSON.stringify([environment, service, operation]);

function requestTally(tree: TraceTree, request: SpanSignal): Pick<Tally, "add" | "interval" | "waits" | "origin"> {
  const { error, durationMs } = request;
  const { selfMs, waits } = requestTime(tree, request);
  return {
    add: { count: 1, errors: Number(error), durationMs, selfMs },
    interval: intervalOf(durationMs),
    waits,
    ...(error ? { origin: originOf(tree, request) } : {}),
  };
}

export const exemplarOf = (span: SpanSignal): TraceFacts["exemplars"][number] => ({
  service: span.service,
  environment: span.environment,
  exemplar: {
    traceId: span.traceId,
    atMs: span.startMs,
    durationMs: span.durationMs,
    error: span.error,
    operation: span.name,
    why: span.error ? "failed" : "slow",
  },
});

/** The operation each span worked for: the request its service was serving when it began. */
function operationsOf(tree: TraceTree): Map<string, SpanSignal> {
  const operations = new Map<string, SpanSignal>();
  const stack = tree.roots.map((span) => ({ span, above: undefined as SpanSignal | undefined, depth: 0 }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { span, above, depth } = next;
    const own = isRequest(span) || above?.service !== span.service ? span : above;
    operations.set(span.spanId, own);
    if (depth + 1 < depthMax)
      for (const child of childrenOf(tree, span)) stack.push({ span: child, above: own, depth: depth + 1 });
  }
  return operations;
}
