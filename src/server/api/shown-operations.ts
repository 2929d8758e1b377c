import { compareOperations, readFromMs } from "../../loop/detection/traces/compare-operations.ts";
import type { Exemplar, ExemplarReason } from "../../loop/detection/traces/exemplars.ts";
import type { OperationSummary } from "../../loop/detection/traces/operation-summary.ts";
import { operationsMoved } from "../../loop/diagnosis/operations-moved.ts";
import type { TraceReader } from "../../ports/traces.ts";

/** Operations of one answer (I11). */
const operationsMax = 200;

/** What the API answers about the operations of a service in [fromMs, toMs), beside what is usual: what is kept of the time before. */
export function shownOperations(
  traces: TraceReader,
  service: string,
  environment: string,
  fromMs: number,
  toMs: number,
  exemplarsMax: number,
) {
  const rows = traces.operations(service, environment, readFromMs(fromMs), toMs);
  const { since, before, beforeFromMs } = compareOperations(rows, fromMs, toMs);
  const exemplars = traces.exemplars(service, environment, fromMs, toMs);
  const joined = joinReasons(exemplars);
  return {
    service,
    environment,
    fromMs,
    toMs,
    usualFromMs: beforeFromMs ?? null,
    tracesLookedAtShare: traces.lookedAtShare(),
    operations: since.slice(0, operationsMax).map((operation) => {
      const usual = before.find((b) => b.operation === operation.operation);
      return { ...shown(operation), usual: usual ? shown(usual) : null };
    }),
    moved: operationsMoved([{ service, before, since, sinceLengthMs: toMs - fromMs, exemplars }]),
    exemplars: joined.slice(0, exemplarsMax),
    cut: joined.length > exemplarsMax || since.length > operationsMax,
  };
}

const shown = (o: OperationSummary): Omit<OperationSummary, "durations"> => ({
  operation: o.operation,
  count: o.count,
  perSecond: o.perSecond,
  errors: o.errors,
  errorShare: o.errorShare,
  meanMs: o.meanMs,
  p50Ms: o.p50Ms,
  p95Ms: o.p95Ms,
  selfShare: o.selfShare,
  waits: o.waits,
  criticalShare: o.criticalShare,
  origins: o.origins,
});

interface Joined extends Omit<Exemplar, "why"> {
  readonly why: readonly ExemplarReason[];
}

/** One of each request, with all the reasons it was kept for. */
function joinReasons(exemplars: readonly Exemplar[]): Joined[] {
  const joined = new Map<string, Joined>();
  for (const { why, ...exemplar } of exemplars) {
    const key = JSON.stringify([exemplar.traceId, exemplar.operation, exemplar.atMs]);
    const known = joined.get(key);
    joined.set(key, { ...known, ...exemplar, why: [...(known?.why ?? []), why] });
  }
  return [...joined.values()];
}
