import { beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../store.ts";
import { fresh, sampleLeaf } from "./samples.testsuite.ts";
import type { StoreUnderTest } from "./under-test.testsuite.ts";

export function auditSuite(opened: () => StoreUnderTest): void {
  describe("the audit log", () => {
    let store: Store;
    beforeAll(() => {
      store = opened().store;
    });

    it("numbers records without gaps, in the order given, and knows a key it has", async () => {
      const from = await store.audit.size();
      const [a, b, c] = [sampleLeaf(fresh("k")), sampleLeaf(fresh("k"), { n: "ü\u0000" }), sampleLeaf(fresh("k"))];
      expect(await store.audit.append([a, b])).toBe(from + 2);
      expect(await store.audit.append([b, c, c])).toBe(from + 3);
      expect(await store.audit.append([])).toBe(from + 3);
      expect(await store.audit.size()).toBe(from + 3);
      const leaves = [a, b, c].map(({ record, canonical }, i) => ({ index: from + i, record, canonical }));
      expect(await store.audit.range(from, from + 3)).toEqual(leaves);
      expect(await store.audit.range(from + 1, from + 2)).toEqual([leaves[1]]);
      expect(await store.audit.leafHashes(from + 1, from + 9)).toEqual([b.leafHash, c.leafHash]);
    });

    it("stays gap-free and in each writer's order under many writers at once", async () => {
      const from = await store.audit.size();
      const writers = [0, 1, 2, 3];
      const write = async (w: number): Promise<void> => {
        for (let i = 0; i < 10; i++)
          await store.audit.append([sampleLeaf(`${from}/${w}/${i}`), sampleLeaf(`${from}/all/${i}`)]);
      };
      await Promise.all(writers.map(write));
      const leaves = await store.audit.range(from, from + 1000);
      expect(leaves.map((leaf) => leaf.index)).toEqual(Array.from({ length: 50 }, (_, i) => from + i));
      for (const w of writers) {
        const mine = leaves.map((leaf) => leaf.record.key).filter((key) => key.startsWith(`${from}/${w}/`));
        expect(mine).toEqual(Array.from({ length: 10 }, (_, i) => `${from}/${w}/${i}`));
      }
    });

    it("keeps the checkpoint of the largest size, and never another note for a size", async () => {
      const size = 1_000_000;
      await store.audit.saveCheckpoint(size, "one");
      await store.audit.saveCheckpoint(size, "two");
      await store.audit.saveCheckpoint(size - 1, "older");
      expect(await store.audit.latestCheckpoint()).toEqual({ size, note: "one" });
    });

    it("keeps salts beside the log, one a field", async () => {
      const recordKey = fresh("k");
      const salt = { recordKey, field: "by", salt: "s", value: "ann" };
      await store.audit.saveSalts([salt, { ...salt, field: "at" }]);
      await store.audit.saveSalts([{ ...salt, salt: "another" }]);
      expect(await store.audit.salts(recordKey)).toEqual([
        { field: "at", salt: "s", value: "ann" },
        { field: "by", salt: "s", value: "ann" },
      ]);
      expect(await store.audit.salts(fresh("k"))).toEqual([]);
    });
  });
}
