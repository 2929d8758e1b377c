import { beforeAll, describe, expect, it } from "vitest";
import type { StopEntry } from "../../loop/decision/decision.ts";
import type { Store } from "../store.ts";
import { fresh } from "./samples.testsuite.ts";
import type { StoreUnderTest } from "./under-test.testsuite.ts";

export function stopsSuite(opened: () => StoreUnderTest): void {
  describe("stops", () => {
    let store: Store;
    beforeAll(() => {
      store = opened().store;
    });

    it("are one a scope, and say whether there was one to lift", async () => {
      const scope = { kind: "service" as const, value: fresh("cart") };
      const entry: StopEntry = { scope, by: "ann", reason: "maintenance", atMs: 1 };
      await store.stops.set(entry);
      await store.stops.set({ ...entry, reason: "still" });
      const mine = async () => (await store.stops.list()).filter((e) => e.scope.value === scope.value);
      expect(await mine()).toEqual([{ ...entry, reason: "still" }]);
      expect(await store.stops.lift({ kind: "runbook", value: scope.value })).toBe(false);
      expect(await store.stops.lift(scope)).toBe(true);
      expect(await store.stops.lift(scope)).toBe(false);
      expect(await mine()).toEqual([]);
    });
  });
}
