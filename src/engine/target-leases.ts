import type { Lease, LeaseStore } from "../ports/store.ts";

const targetTtlMs = 20_000;

export interface TargetLeases {
  /** Takes or renews the one-writer lease of a target for a run. Undefined when another holds it. */
  hold(target: string, runId: string): Promise<Lease | undefined>;
  release(target: string, runId: string): Promise<void>;
  /** Renews what is held, and forgets what got lost. */
  renew(): Promise<void>;
  releaseAll(): Promise<void>;
}

/** The targets this controller writes to: one lease each, for one run (I4). */
export function createTargetLeases(leases: LeaseStore, controllerId: string): TargetLeases {
  const held = new Map<string, Lease>();
  const keyOf = (target: string, runId: string): string => `${target}\n${runId}`;
  return {
    async hold(target, runId) {
      const key = keyOf(target, runId);
      const mine = held.get(key);
      if (mine && (await leases.renew(mine, targetTtlMs))) return mine;
      const taken = await leases.acquire(target, `${runId}@${controllerId}`, targetTtlMs);
      if (taken) held.set(key, taken);
      else held.delete(key);
      return taken;
    },
    async release(target, runId) {
      const key = keyOf(target, runId);
      const mine = held.get(key);
      held.delete(key);
      if (mine) await leases.release(mine);
    },
    async renew() {
      for (const [key, target] of Array.from(held)) {
        const still = await leases.renew(target, targetTtlMs);
        // Whoever holds it anew meanwhile keeps it.
        if (!still && held.get(key) === target) held.delete(key);
      }
    },
    async releaseAll() {
      for (const target of held.values()) await leases.release(target).catch(() => undefined);
    },
  };
}
