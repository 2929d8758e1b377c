import { beforeAll, describe, expect, it } from "vitest";
import { sha256Hex } from "../../kernel/digest.ts";
import type { Store } from "../store.ts";
import { fresh, token } from "./samples.testsuite.ts";
import type { StoreUnderTest } from "./under-test.testsuite.ts";

export function tokensSuite(opened: () => StoreUnderTest): void {
  describe("tokens", () => {
    let store: Store;
    beforeAll(() => {
      store = opened().store;
    });

    const shown = { name: "ann", scopes: ["read"], roles: ["sre"] };

    it("are found while valid, and never replaced", async () => {
      const [forever, brief] = [token(), token({ expiresAtMs: 10 })];
      const before = await store.tokens.count();
      await store.tokens.put(forever);
      await store.tokens.put({ ...forever, scopes: ["admin"] });
      await store.tokens.put(brief);
      expect(await store.tokens.count()).toBe(before + 2);
      expect(await store.tokens.find(forever.sha256, 1e12)).toEqual(shown);
      expect(await store.tokens.find(brief.sha256, 9)).toEqual(shown);
      expect(await store.tokens.find(brief.sha256, 10)).toBeUndefined();
      expect(await store.tokens.find(sha256Hex("unknown"), 0)).toBeUndefined();
      expect(await store.tokens.redeem(forever.sha256, 0)).toBeUndefined();
    });

    it("for one use are redeemed by one of many who race, and never found", async () => {
      const once = token({ singleUse: true, expiresAtMs: 10 });
      await store.tokens.put(once);
      expect(await store.tokens.find(once.sha256, 1)).toBeUndefined();
      expect(await store.tokens.redeem(once.sha256, 10)).toBeUndefined();
      const won = await Promise.all(Array.from({ length: 6 }, () => store.tokens.redeem(once.sha256, 1)));
      expect(won.filter(Boolean)).toEqual([shown]);
    });

    it("come with settings that are written once, the same for all who race", async () => {
      const key = fresh("setting");
      expect(await store.tokens.setting(key)).toBeUndefined();
      const given = await Promise.all([1, 2, 3, 4].map((n) => store.tokens.settingOnce(key, { n })));
      expect(new Set(given.map((value) => JSON.stringify(value))).size).toBe(1);
      expect(await store.tokens.setting(key)).toEqual(given[0]);
    });
  });
}
