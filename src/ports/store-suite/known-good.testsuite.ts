import { beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../store.ts";
import { fresh } from "./samples.testsuite.ts";
import type { StoreUnderTest } from "./under-test.testsuite.ts";

export function knownGoodSuite(opened: () => StoreUnderTest): void {
  describe("known-good states", () => {
    let store: Store;
    beforeAll(() => {
      store = opened().store;
    });

    it("are listed most recent first, per target and aspect, up to a limit", async () => {
      const service = fresh("cart");
      for (const release of ["v1", "v2", "v3"])
        await store.knownGood.record(service, "prod", "release", { release }, 1, 2);
      await store.knownGood.record(service, "test", "release", "other", 1, 2);
      await store.knownGood.record(service, "prod", "flags", null, 3, 4);
      const releases = (await store.knownGood.list(service, "prod", "release", 2)).map((s) => s.value);
      expect(releases).toEqual([{ release: "v3" }, { release: "v2" }]);
      expect(await store.knownGood.list(service, "prod", "flags", 5)).toEqual([{ value: null, sinceMs: 3, atMs: 4 }]);
      expect(await store.knownGood.list(service, "prod", "config", 5)).toEqual([]);
      const latest = await store.knownGood.latest([service, "nobody"], "prod");
      expect(latest.toSorted((a, b) => (a.aspect < b.aspect ? -1 : 1))).toEqual([
        { service, aspect: "flags", value: null },
        { service, aspect: "release", value: releases[0] },
      ]);
    });

    it("are kept up to 50 an aspect", async () => {
      const service = fresh("cart");
      for (let i = 0; i < 55; i++) await store.knownGood.record(service, "prod", "release", i, i, i);
      const all = await store.knownGood.list(service, "prod", "release", 1000);
      expect(all.map((s) => s.value)).toEqual(Array.from({ length: 50 }, (_, i) => 54 - i));
    });
  });
}
