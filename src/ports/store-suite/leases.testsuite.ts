import { beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../store.ts";
import { fresh } from "./samples.testsuite.ts";
import type { StoreUnderTest } from "./under-test.testsuite.ts";

export function leasesSuite(opened: () => StoreUnderTest): void {
  describe("leases", () => {
    let store: Store;
    let under: StoreUnderTest;
    beforeAll(() => {
      under = opened();
      store = under.store;
    });
    async function taken(name: string, holder: string, ttlMs: number) {
      const lease = await store.leases.acquire(name, holder, ttlMs);
      if (!lease) throw new Error(`${name} is not free`);
      return lease;
    }
    const long = 600_000;

    it("are held by one, and kept with their token by who acquires again", async () => {
      const name = fresh("target");
      const lease = await taken(name, "a", long);
      expect(lease).toMatchObject({ name, holder: "a" });
      expect(await store.leases.acquire(name, "b", long)).toBeUndefined();
      expect((await taken(name, "a", long)).token).toBe(lease.token);
      expect(await store.leases.holds(lease)).toBe(true);
      expect(await store.leases.current(name)).toMatchObject({ holder: "a", token: lease.token });
      expect(await store.leases.current(fresh("nobody"))).toBeUndefined();
    });

    it("go to exactly one of many who race", async () => {
      const name = fresh("target");
      const holders = Array.from({ length: 10 }, (_, i) => `h${i}`);
      const won = (await Promise.all(holders.map((h) => store.leases.acquire(name, h, long)))).filter(Boolean);
      expect(won).toHaveLength(1);
    });

    it("get a larger token with every change of hands, also back to the same holder", async () => {
      const name = fresh("target");
      const first = await taken(name, "a", 30);
      await under.pass(60);
      const again = await taken(name, "a", 30);
      expect(again.token).toBeGreaterThan(first.token);
      await under.pass(60);
      const other = await taken(name, "b", long);
      expect(other.token).toBeGreaterThan(again.token);
      await store.leases.release(other);
      expect((await taken(name, "b", long)).token).toBeGreaterThan(other.token);
    });

    it("are lost when they run out, and nothing of the old holder counts afterwards", async () => {
      const name = fresh("target");
      const old = await taken(name, "a", 30);
      await under.pass(60);
      expect(await store.leases.holds(old)).toBe(false);
      expect(await store.leases.renew(old, long)).toBe(false);
      const now = await taken(name, "b", long);
      await store.leases.release(old);
      expect(await store.leases.renew(old, long)).toBe(false);
      expect(await store.leases.holds(now)).toBe(true);
    });

    it("last longer when renewed, and end when released", async () => {
      const name = fresh("target");
      const lease = await taken(name, "a", 2_000);
      expect(await store.leases.renew(lease, long)).toBe(true);
      await under.pass(2_100);
      expect(await store.leases.holds(lease)).toBe(true);
      await store.leases.release(lease);
      expect(await store.leases.holds(lease)).toBe(false);
      expect(await store.leases.current(name)).toBeUndefined();
    });

    it("that ran out are found by prefix, which is no pattern", async () => {
      const prefix = `${fresh("controller")}_%/`;
      const dead = await taken(`${prefix}x`, "x", 10);
      await taken(`${prefix}y`, "y", long);
      await taken(`${prefix.replace("_%", "ab")}z`, "z", 10);
      await under.pass(40);
      expect(await store.leases.expired(prefix)).toEqual([dead]);
    });
  });
}
