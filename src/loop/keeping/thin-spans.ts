import { createRecentMap } from "../detection/recent-map.ts";
import type { ExemplarReason } from "../detection/traces/exemplars.ts";
import type { SpanSignal } from "../signal/signal.ts";
import { hashShare } from "./hash-share.ts";
import { minuteOf, type Keeping } from "./keeping.ts";
import type { SpanReason, SpanRow } from "./row.ts";

/** Of the requests a service serves in a minute, so many of the slowest are kept, with their traces. */
const slowestMax = 3;
/** Traces remembered as failed or slow, so that their spans of other minutes are kept too; twice as many at most (I11). */
const tracesMax = 50_000;
/** Services and minutes whose slowest are remembered, twice as many at most (I11). */
const slowestOfMax = 20_000;

/** Which spans are kept, and why. Deterministic: by hash of the trace id, never by chance. */
export interface SpanThinning {
  /** To be told of a span when it comes: one that failed keeps its whole trace, as far as it still waits. */
  see(span: SpanSignal): void;
  /** Of spans that end in the same minute. Asked again for a minute, it goes on from what it kept before. */
  thin(spans: readonly SpanSignal[], keeping: Keeping): { readonly whole: SpanRow[]; readonly thinned: SpanRow[] };
}

export const endOf = (span: SpanSignal): number => span.startMs + span.durationMs;

/** Traces that are worth looking at for reasons of others. */
export type Wanted = (traceId: string) => ExemplarReason | undefined;

const reasons: Readonly<Record<ExemplarReason, SpanReason>> = { failed: "error", slow: "slow", new: "new" };

export function createSpanThinning(wanted: Wanted = () => undefined): SpanThinning {
  const failed = createRecentMap<true>(tracesMax);
  const slow = createRecentMap<true>(tracesMax);
  const slowest = createRecentMap<number[]>(slowestOfMax);

  /** Marks the traces of requests that are among the slowest of their service and minute by now. */
  function markSlow(spans: readonly SpanSignal[]): void {
    const served = spans.filter(isServed);
    for (const span of served) {
      const key = serviceMinute(span);
      const kept = slowest.get(key) ?? [];
      if (kept.length < slowestMax || span.durationMs > (kept[0] ?? 0))
        slowest.set(key, [...kept, span.durationMs].toSorted((a, b) => a - b).slice(-slowestMax));
    }
    for (const span of served)
      if (span.durationMs >= (slowest.get(serviceMinute(span))?.[0] ?? Infinity)) slow.set(span.traceId, true);
  }

  function reasonFor(span: SpanSignal, share: number): SpanReason | undefined {
    if (failed.get(span.traceId)) return "error";
    if (slow.get(span.traceId)) return "slow";
    const why = wanted(span.traceId);
    if (why !== undefined) return reasons[why];
    return hashShare(span.traceId) < share ? "sample" : undefined;
  }

  return {
    see(span) {
      if (span.error) failed.set(span.traceId, true);
    },
    thin(spans, keeping) {
      const [whole, thinned]: [SpanRow[], SpanRow[]] = [[], []];
      const rest: SpanSignal[] = [];
      for (const span of spans)
        if (keeping.isWhole(span.service, span.environment, endOf(span))) whole.push(rowOf(span, 1, "window"));
        else rest.push(span);
      markSlow(rest);
      const shares = sharesOf(rest, keeping);
      for (const span of rest) {
        const share = shares.get(span.traceId) ?? 0;
        const reason = reasonFor(span, share);
        if (reason) thinned.push(rowOf(span, reason === "sample" ? share : 1, reason));
      }
      return { whole, thinned };
    },
  };
}

/** A trace is kept for the most important service in it, so that it stays in one piece. */
function sharesOf(spans: readonly SpanSignal[], keeping: Keeping): Map<string, number> {
  const shares = new Map<string, number>();
  for (const { traceId, service, environment } of spans)
    shares.set(traceId, Math.max(shares.get(traceId) ?? 0, keeping.share(service, environment)));
  return shares;
}

const rowOf = (span: SpanSignal, share: number, keptFor: SpanReason): SpanRow => ({ ...span, share, keptFor });

const isServed = ({ spanKind }: SpanSignal): boolean => spanKind === "server" || spanKind === "consumer";

const serviceMinute = (span: SpanSignal): string => `${minuteOf(endOf(span))} ${span.environment}\u0000${span.service}`;
