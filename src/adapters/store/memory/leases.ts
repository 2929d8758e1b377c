import type { Clock } from "../../../ports/clock.ts";
import type { Lease, LeaseStore } from "../../../ports/store.ts";

const expiredMax = 1_000;

/** Leases by the given clock. One counter gives every token, so tokens only grow, over all names (I4). */
export function memoryLeases(clock: Clock): LeaseStore {
  const leases = new Map<string, Lease>();
  let lastToken = 0;
  const lives = (lease: Lease) => lease.expiresAtMs > clock.nowMs();
  const same = (lease: Lease) => {
    const kept = leases.get(lease.name);
    return kept?.holder === lease.holder && kept.token === lease.token;
  };
  const holds = (lease: Lease) => {
    const kept = leases.get(lease.name);
    return kept !== undefined && same(lease) && lives(kept);
  };
  return {
    async acquire(name, holder, ttlMs) {
      const kept = leases.get(name);
      const current = kept && lives(kept) ? kept : undefined;
      if (current && current.holder !== holder) return undefined;
      const lease = Object.freeze({
        name,
        holder,
        token: current?.token ?? ++lastToken,
        expiresAtMs: clock.nowMs() + ttlMs,
      });
      leases.set(name, lease);
      return lease;
    },
    async renew(lease, ttlMs) {
      if (!holds(lease)) return false;
      leases.set(lease.name, Object.freeze({ ...lease, expiresAtMs: clock.nowMs() + ttlMs }));
      return true;
    },
    async release(lease) {
      if (same(lease)) leases.delete(lease.name);
    },
    holds: async (lease) => holds(lease),
    async current(name) {
      const kept = leases.get(name);
      return kept && lives(kept) ? kept : undefined;
    },
    async expired(prefix) {
      return [...leases.values()]
        .filter((lease) => lease.name.startsWith(prefix) && !lives(lease))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .slice(0, expiredMax);
    },
  };
}
