import type { SpanSignal } from "../../signal/signal.ts";
import { createRecentMap } from "../recent-map.ts";
import { createLookedAt } from "./looked-at.ts";

/** What is held at one time (I11). */
export interface TraceLimits {
  readonly tracesMax: number;
  readonly spansPerTraceMax: number;
  /** Spans of all traces together, at about 500 bytes each; beyond it the oldest traces are taken as they are. */
  readonly spansMax: number;
  /** A trace to which nothing was added for so long is whole; SDKs send in batches of 5 s. */
  readonly quietMs: number;
  /** One that goes on for longer is taken as it is. */
  readonly ageMsMax: number;
}

export const traceLimits: TraceLimits = {
  tracesMax: 20_000,
  spansPerTraceMax: 2_000,
  spansMax: 300_000,
  quietMs: 10_000,
  ageMsMax: 60_000,
};

/** The spans of one trace. `isCut`: it had to make room while it went on, so what is absent says nothing. */
export interface JoinedTrace {
  readonly spans: readonly SpanSignal[];
  readonly isCut: boolean;
}

export interface TraceAssembler {
  add(span: SpanSignal, nowMs: number): void;
  /** The traces that are whole by now, each once; spans that come later begin a trace of their own. */
  take(nowMs: number): JoinedTrace[];
  /** Spans may have been lost until then. */
  unsteady(untilMs: number): void;
  /** Since when no spans were lost and the share of traces that are looked at did not rise: what began before may lack spans. */
  steadySinceMs(): number;
  stats(): Record<"tracesOpen" | "tracesCut" | "tracesLookedAtPercent" | "spansOpen" | "spansUntraced", number>;
}

interface Open {
  readonly spans: SpanSignal[];
  readonly firstMs: number;
  lastMs: number;
}

/**
 * Joins spans to traces by their id, as long as they come within seconds of each other. Where there are more than fit, a share of
 * them is looked at, chosen by their ids, so that of a trace all spans are taken or none; the oldest make room.
 */
export function createTraceAssembler(limits: TraceLimits = traceLimits): TraceAssembler {
  const open = new Map<string, Open>();
  /** Traces that made room: what still comes of them is no trace. */
  const cut = createRecentMap<true>(limits.tracesMax);
  let ready: JoinedTrace[] = [];
  const lookedAt = createLookedAt();
  let [spansOpen, spansReady, untraced, cuts] = [0, 0, 0, 0];
  /** The oldest traces are cut short until there is room. As many spans again may wait to be looked at; more are left out. */
  function makeRoom(): void {
    lookedAt.lower();
    for (const [id, { spans }] of open) {
      if (spansOpen <= limits.spansMax) return;
      close(id, spans);
      cut.set(id, true);
      cuts++;
      if (spansReady + spans.length > limits.spansMax) untraced += spans.length;
      else {
        spansReady += spans.length;
        ready.push({ spans, isCut: true });
      }
    }
  }

  function close(id: string, spans: readonly SpanSignal[]): void {
    open.delete(id);
    spansOpen -= spans.length;
  }

  function hold(span: SpanSignal, nowMs: number): boolean {
    const known = open.get(span.traceId);
    if (known) {
      if (known.spans.length >= limits.spansPerTraceMax) return false;
      known.lastMs = nowMs;
      known.spans.push(span);
      return true;
    }
    if (placeOf(span.traceId) >= lookedAt.share() || cut.get(span.traceId)) return false;
    if (open.size >= limits.tracesMax) return (lookedAt.lower(), false);
    open.set(span.traceId, { spans: [span], firstMs: nowMs, lastMs: nowMs });
    return true;
  }

  return {
    add(span, nowMs) {
      if (!hold(span, nowMs)) untraced++;
      else if (++spansOpen > limits.spansMax) makeRoom();
    },
    take(nowMs) {
      const whole = ready;
      [ready, spansReady] = [[], 0];
      for (const [id, { spans, firstMs, lastMs }] of open) {
        const isWhole = nowMs - lastMs >= limits.quietMs || nowMs - firstMs >= limits.ageMsMax;
        // A clock that was set back must not keep traces for ever.
        if (!isWhole && nowMs >= firstMs - limits.quietMs) continue;
        close(id, spans);
        whole.push({ spans, isCut: false });
      }
      lookedAt.look(open.size <= limits.tracesMax / 4 && spansOpen <= limits.spansMax / 4, nowMs);
      return whole;
    },
    unsteady: (untilMs) => lookedAt.unsteady(untilMs),
    steadySinceMs: () => lookedAt.steadySinceMs(),
    stats: () => ({
      tracesOpen: open.size,
      tracesCut: cuts,
      tracesLookedAtPercent: lookedAt.share() * 100,
      spansOpen,
      spansUntraced: untraced,
    }),
  };
}

/** Where a trace lies in [0, 1), by its id alone (FNV-1a), the same for all its spans and on every controller. */
export function placeOf(traceId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < traceId.length; i++) hash = Math.imul(hash ^ traceId.charCodeAt(i), 0x01000193);
  // FNV's upper bits are weak for short texts: mix once more.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 12)) >>> 0) / 2 ** 32;
}
