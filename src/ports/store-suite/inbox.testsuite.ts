import { beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../store.ts";
import { fresh, alert, change, item } from "./samples.testsuite.ts";
import type { StoreUnderTest } from "./under-test.testsuite.ts";

export function inboxSuite(opened: () => StoreUnderTest): void {
  describe("the inbox", () => {
    let store: Store;
    beforeAll(() => {
      store = opened().store;
    });
    const drain = async () => {
      for (let items = await store.inbox.claim("x", 100); items.length > 0; items = await store.inbox.claim("x", 100))
        await store.inbox.done(items.map((i) => i.id));
    };
    it("takes an id once, also within one delivery", async () => {
      await drain();
      const [a, b] = [item(fresh("a")), item(`${fresh("b")} \u0000`)];
      expect(await store.inbox.put([a, b, a])).toBe(2);
      expect(await store.inbox.put([b, a])).toBe(0);
      expect(await store.inbox.put([])).toBe(0);
      expect(await store.inbox.pending()).toBe(2);
      expect(await store.inbox.claim("x", 10)).toEqual([a, b]);
      await store.inbox.done([a.id, b.id, "unknown"]);
      expect(await store.inbox.pending()).toBe(0);
      expect(await store.inbox.put([a])).toBe(0);
      expect(await store.inbox.claim("x", 10)).toEqual([]);
    });

    it("hands the oldest out first, and each to one claimer", async () => {
      await drain();
      const items = Array.from({ length: 40 }, () => item(fresh("i")));
      await store.inbox.put(items);
      expect(await store.inbox.claim("x", 3)).toEqual(items.slice(0, 3));
      const claims = await Promise.all(Array.from({ length: 8 }, (_, i) => store.inbox.claim(`c${i}`, 6)));
      const ids = claims.flat().map((i) => i.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(await store.inbox.pending()).toBe(40);
    });

    it("tells changes of an environment by time, processed or not", async () => {
      const environment = fresh("env");
      const made = [9, 5, 7].map((timeMs) => change({ id: fresh("change"), environment, timeMs }));
      await store.inbox.put([
        ...made.map((c) => item(c.id, c)),
        item(fresh("other"), change({ timeMs: 7 })),
        item(fresh("alert"), alert({ environment, startsAtMs: 7 })),
      ]);
      await drain();
      expect(await store.inbox.changes(environment, 6)).toEqual([made[2], made[0]]);
    });
  });
}
