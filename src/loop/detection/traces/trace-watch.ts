import type { SpanSignal } from "../../signal/signal.ts";
import type { Crowding } from "../crowd.ts";
import { createFaults, type Faults } from "../faults.ts";
import type { Finding } from "../finding.ts";
import type { Away } from "../own-time.ts";
import { timely } from "../timely.ts";
import { analyzeTrace, exemplarOf } from "./analyze-trace.ts";
import { createTraceAssembler, traceLimits, type JoinedTrace, type TraceLimits } from "./assemble-traces.ts";
import { createExemplars, type Exemplar, type ExemplarReason } from "./exemplars.ts";
import { createOperationLog, type OperationTimes, type ServicePlace } from "./operation-times.ts";
import { createStructureWatch } from "./structure-watch.ts";

/** Traces taken apart in one look; what is over is left out and counted (I11). */
const perLookMax = 5_000;
const exemplarsKeptMs = 60 * 60_000;
const sweepMs = 60_000;
const cutToldMs = 3_600_000;

/**
 * Whole traces: per operation rate, errors, duration, self time and share of the critical path; which calls are new or missing;
 * and the traces worth looking at. Streaming and bounded; what it says at a time depends on nothing later.
 */
export interface TraceWatch {
  take(span: SpanSignal, nowMs: number): void;
  /** Takes apart what became whole; gives findings of structure that fired, go on or cleared. */
  tick(nowMs: number): Finding[];
  /** Nobody looked: traces that were under way lack spans, which is no change of structure. */
  away(time: Away): void;
  /** What the operations of a service did in each step of the last 30 minutes. */
  operations(service: string, environment: string, fromMs: number, toMs: number): OperationTimes[];
  /** The failed, new and slow traces of a service, of the last hour; the same trace once for each of these reasons. */
  exemplars(service: string, environment: string, fromMs: number, toMs: number): Exemplar[];
  /** Why a trace is one of them, for whatever service; undefined when it is none. */
  exemplarReason(traceId: string): ExemplarReason | undefined;
  /** The services of which whole traces told within the last 30 minutes. */
  services(): ServicePlace[];
  /** The share of traces that is looked at: less than 1 where there are more than fit. */
  lookedAtShare(): number;
  stats(): Record<string, number>;
  /** What had no room, worst first. */
  crowded(nowMs: number): Crowding[];
}

export function createTraceWatch(limits: TraceLimits = traceLimits, faults: Faults = createFaults()): TraceWatch {
  const assembler = createTraceAssembler(limits);
  const structure = createStructureWatch(faults);
  const log = createOperationLog();
  const exemplars = createExemplars();
  let [skipped, sweptMs, cutsBefore] = [0, -Infinity, 0];
  /** When traces were cut short last. */
  let cutMs = -Infinity;

  function takeApart({ spans, isCut }: JoinedTrace, nowMs: number): void {
    const facts = analyzeTrace(spans);
    for (const tally of facts.tallies) log.add(tally);
    for (const { service, environment, exemplar } of facts.exemplars) exemplars.add(service, environment, exemplar);
    // What made room, or was under way when more began to be looked at, lacks spans, which is no change of structure.
    if (isCut || nowMs - assembler.steadySinceMs() <= limits.ageMsMax) return;
    for (const shape of facts.shapes) {
      const what = structure.take(shape, nowMs);
      const { service, environment } = shape.span;
      if (what !== undefined)
        exemplars.add(service, environment, { ...exemplarOf(shape.span).exemplar, why: "new", what });
    }
  }

  return {
    take(span, nowMs) {
      const endMs = span.startMs + span.durationMs;
      if (endMs <= nowMs + timely.futureMs && endMs >= nowMs - timely.pastMs) assembler.add(span, nowMs);
    },
    tick(nowMs) {
      const whole = assembler.take(nowMs);
      skipped += Math.max(0, whole.length - perLookMax);
      for (const trace of whole.slice(0, perLookMax)) {
        const [first] = trace.spans;
        if (first) faults.attempt("traces", first, nowMs, () => takeApart(trace, nowMs));
      }
      const { tracesCut } = assembler.stats();
      if (tracesCut > cutsBefore) [cutsBefore, cutMs] = [tracesCut, nowMs];
      if (nowMs - sweptMs >= sweepMs || nowMs < sweptMs) {
        sweptMs = nowMs;
        log.forget(nowMs);
        exemplars.forget(nowMs - exemplarsKeptMs);
      }
      return structure.tick(nowMs);
    },
    away(time) {
      assembler.unsteady(time.toMs);
      structure.passOver(time.toMs - time.fromMs);
    },
    operations: (service, environment, fromMs, toMs) => log.of(service, environment, fromMs, toMs),
    exemplars: (service, environment, fromMs, toMs) => exemplars.of(service, environment, fromMs, toMs),
    exemplarReason: (traceId) => exemplars.reasonFor(traceId),
    services: () => log.services(),
    lookedAtShare: () => assembler.stats().tracesLookedAtPercent / 100,
    stats: () => ({
      ...assembler.stats(),
      ...structure.stats(),
      ...log.stats(),
      tracesSkipped: skipped,
      exemplarMinutes: exemplars.size(),
    }),
    crowded: (nowMs) => [
      {
        part: "traces",
        worst: nowMs - cutMs <= cutToldMs ? [`${cutsBefore} traces cut short`] : [],
        advice: "too many spans at a time to join them all to whole traces; sample them",
      },
      {
        part: "traces",
        worst: structure.crowded(nowMs),
        advice: "too many operations to watch the calls of all; take ids out of the names of spans",
      },
    ],
  };
}
