import { beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../store.ts";
import { fresh, bucket } from "./samples.testsuite.ts";
import type { StoreUnderTest } from "./under-test.testsuite.ts";

export function windowsSuite(opened: () => StoreUnderTest): void {
  describe("windows", () => {
    let store: Store;
    beforeAll(() => {
      store = opened().store;
    });

    it("replace what one controller said and add up what several saw", async () => {
      const [s, t] = [fresh("s"), fresh("t")];
      await store.windows.put("a", [bucket(s, 0, 1), bucket(s, 5_000, 2), bucket(t, 5_000, 9)]);
      await store.windows.put("a", [bucket(s, 0, 10)]);
      await store.windows.put("b", [bucket(s, 0, 5)]);
      await store.windows.put("b", []);
      const joined = { ...bucket(s, 0, 15), errors: 2, ownErrors: 2 };
      expect(await store.windows.read([s], 0, 5_000)).toEqual([joined]);
      expect(await store.windows.read([s, t], 0, 5_001)).toEqual([joined, bucket(s, 5_000, 2), bucket(t, 5_000, 9)]);
      expect(await store.windows.read([], 0, 5_001)).toEqual([]);
    });

    it("take the last of the same bucket given twice at once, and many at a time", async () => {
      const s = fresh("s");
      const many = Array.from({ length: 1_000 }, (_, i) => bucket(s, i * 5_000, i));
      await store.windows.put("a", [bucket(s, 0, 7), ...many]);
      expect(await store.windows.read([s], 0, 5_000_000)).toEqual(many);
    });

    it("are pruned by age", async () => {
      const s = fresh("s");
      await store.windows.put("a", [bucket(s, -10_000, 1), bucket(s, 0, 1)]);
      expect(await store.windows.prune(0)).toBeGreaterThanOrEqual(1);
      expect(await store.windows.read([s], -20_000, 1)).toEqual([bucket(s, 0, 1)]);
    });
  });
}
