import type { AuditRecord } from "../../src/loop/audit/record.ts";
import type { StopEntry, StopScope } from "../../src/loop/decision/decision.ts";
import type { StepIntent, StepOutcome } from "../../src/loop/run/run.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Store } from "../../src/ports/store.ts";

/** What really happened, in the one order in which it happened. `seq` orders everything, also within a millisecond. */
export type Seen = { readonly seq: number; readonly atMs: number } & (
  | { readonly type: "recorded"; readonly record: AuditRecord }
  | { readonly type: "intended"; readonly runId: string; readonly intent: StepIntent }
  | { readonly type: "completed"; readonly runId: string; readonly outcome: StepOutcome }
  | { readonly type: "stopped"; readonly entry: StopEntry }
  | { readonly type: "lifted"; readonly scope: StopScope }
  | { readonly type: "consumed"; readonly planDigest: string; readonly runId: string }
);
type What = Seen extends infer S ? (S extends unknown ? Omit<S, "seq" | "atMs"> : never) : never;

export interface Witness {
  /** The store, watched. Only what really came into it counts. */
  readonly store: Store;
  readonly seen: Seen[];
  /** The next number in the order of events. */
  next(): number;
}

export function createWitness(base: Store, clock: Clock): Witness {
  const seen: Seen[] = [];
  let seq = 0;
  const note = (what: What): void => void seen.push({ seq: ++seq, atMs: clock.nowMs(), ...what });
  const keys = new Set<string>();
  const store: Store = {
    ...base,
    audit: {
      ...base.audit,
      append(records) {
        for (const { record } of records) {
          if (!keys.has(record.key)) note({ type: "recorded", record });
          keys.add(record.key);
        }
        return base.audit.append(records);
      },
    },
    runs: {
      ...base.runs,
      async intend(runId, intent) {
        const fresh = await base.runs.intend(runId, intent);
        if (fresh) note({ type: "intended", runId, intent });
        return fresh;
      },
      complete(runId, outcome) {
        note({ type: "completed", runId, outcome });
        return base.runs.complete(runId, outcome);
      },
    },
    stops: {
      ...base.stops,
      set(entry) {
        note({ type: "stopped", entry });
        return base.stops.set(entry);
      },
      lift(scope) {
        note({ type: "lifted", scope });
        return base.stops.lift(scope);
      },
    },
    approvals: {
      ...base.approvals,
      async consume(planDigest, runId, nowMs) {
        const used = await base.approvals.consume(planDigest, runId, nowMs);
        if (used) note({ type: "consumed", planDigest, runId });
        return used;
      },
    },
  };
  return { store, seen, next: () => ++seq };
}
