import type { SpanSignal } from "../signal/signal.ts";
import type { FailedCalls } from "./failed-calls.ts";

/** Kinds of failed calls remembered (I11), and for how long. */
const kindsMax = 5_000;
const keptMs = 600_000;
/** HTTP statuses from here on are failures; RPC statuses are small numbers. */
const httpFailure = 400;

export interface FailingCalls {
  take(span: SpanSignal, nowMs: number): void;
  /** Failed calls that these services made or answered lately. */
  read(services: readonly string[], environment: string, nowMs: number): FailedCalls[];
  stats(): { readonly failedCallKinds: number; readonly failedCallsNotKept: number };
}

/** Counts failed calls by who called whom and with which status it ended. Those of one kind that pause for ten minutes begin anew. */
export function createFailingCalls(): FailingCalls {
  const kinds = new Map<string, FailedCalls & { readonly environment: string }>();
  let notKept = 0;

  function room(nowMs: number): boolean {
    if (kinds.size < kindsMax) return true;
    for (const [key, { lastMs }] of kinds) if (nowMs - lastMs >= keptMs) kinds.delete(key);
    return kinds.size < kindsMax;
  }

  return {
    take(span, nowMs) {
      const ends = endsOf(span);
      if (!ends) return;
      const { environment, statusCode: status } = span;
      const key = JSON.stringify([environment, ends.from ?? "", ends.to ?? "", status ?? ""]);
      const known = kinds.get(key);
      if (!known && !room(nowMs)) return void notKept++;
      const count = known && nowMs - known.lastMs < keptMs ? known.count + 1 : 1;
      kinds.set(key, { environment, ...ends, ...(status === undefined ? {} : { status }), count, lastMs: nowMs });
    },
    read: (services, environment, nowMs) => {
      const wanted = new Set(services);
      return [...kinds.values()].flatMap(({ environment: where, ...call }) =>
        where === environment &&
        nowMs - call.lastMs < keptMs &&
        (wanted.has(call.from ?? "") || wanted.has(call.to ?? ""))
          ? [call]
          : [],
      );
    },
    stats: () => ({ failedCallKinds: kinds.size, failedCallsNotKept: notKept }),
  };
}

/** A client tells whom it called, a server only that it was called. What does not wait for an answer is no call. */
function endsOf(span: SpanSignal): Pick<FailedCalls, "from" | "to"> | undefined {
  if (!span.error && (span.statusCode ?? 0) < httpFailure) return undefined;
  if (span.spanKind === "server") return { to: span.service };
  if (span.spanKind !== "client") return undefined;
  return { from: span.service, ...(span.peer === undefined ? {} : { to: span.peer }) };
}
