import { AdapterError } from "../../src/ports/adapter-error.ts";
import type { Store } from "../../src/ports/store.ts";
import type { Life } from "./life.ts";

type Part = Record<string, unknown>;

/** A port as one controller reaches it: it can be killed or stopped before and after every call. */
export function gated<T extends object>(life: Life, name: string, port: T, fails: () => boolean = () => false): T {
  const wrapped: Part = {};
  for (const [method, value] of Object.entries(port as Part))
    wrapped[method] =
      typeof value !== "function"
        ? value
        : async (...args: unknown[]): Promise<unknown> => {
            await life.gate(`${name}.${method}`);
            if (fails()) throw new AdapterError("unavailable", "the database is away", { retryable: true });
            const result: unknown = await (value as (...a: unknown[]) => unknown).apply(port, args);
            await life.gate(`${name}.${method} done`);
            return result;
          };
  return wrapped as T;
}

/** The store through the same gate; now and then the database is away. */
export const gatedStore = (life: Life, store: Store, fails: () => boolean): Store => ({
  incidents: gated(life, "incidents", store.incidents, fails),
  runs: gated(life, "runs", store.runs, fails),
  approvals: gated(life, "approvals", store.approvals, fails),
  stops: gated(life, "stops", store.stops, fails),
  leases: gated(life, "leases", store.leases, fails),
  knownGood: gated(life, "known-good", store.knownGood, fails),
  inbox: gated(life, "inbox", store.inbox, fails),
  audit: gated(life, "audit", store.audit, fails),
  windows: gated(life, "windows", store.windows, fails),
  tokens: gated(life, "tokens", store.tokens, fails),
  learned: gated(life, "learned", store.learned, fails),
  close: () => Promise.resolve(),
});
