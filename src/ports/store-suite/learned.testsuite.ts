import { beforeAll, describe, expect, it } from "vitest";
import type { LearnedRow, Store } from "../store.ts";
import { fresh } from "./samples.testsuite.ts";
import type { StoreUnderTest } from "./under-test.testsuite.ts";

export function learnedSuite(opened: () => StoreUnderTest): void {
  describe("what was learned", () => {
    let store: Store;
    beforeAll(() => {
      store = opened().store;
    });

    const learned = (kind: string, stream: string, over: Partial<LearnedRow> = {}): LearnedRow => ({
      kind,
      stream,
      format: 1,
      learnedAtMs: 1_000,
      state: `{"of":"${stream}"}`,
      ...over,
    });

    it("is one row a stream, the one written last, read page by page in order of the streams", async () => {
      const kind = fresh("kind");
      const [a, b, c] = [learned(kind, "A"), learned(kind, "b"), learned(kind, '["ü","\u0000"]')];
      await store.learned.put([]);
      await store.learned.put([c, learned(kind, "b", { state: "older", learnedAtMs: 9_000 }), a]);
      await store.learned.put([b, learned(fresh("other"), "d")]);
      const first = await store.learned.read(kind, 0, "", 2);
      expect(first).toMatchObject({ damaged: 0, rows: [a, { ...c, stream: first.rows[1]?.stream }] });
      const last = await store.learned.read(kind, 0, first.next ?? "", 2);
      expect(last).toEqual({ rows: [b], damaged: 0, next: undefined });
      expect(await store.learned.read(fresh("none"), 0, "", 2)).toEqual({ rows: [], damaged: 0, next: undefined });
    });

    it("takes the last of the same stream given twice at once, and any text", async () => {
      const kind = fresh("kind");
      const long = { state: "ü\u0000".repeat(20_000), format: 7 };
      await store.learned.put([learned(kind, "a"), learned(kind, "a", long)]);
      expect((await store.learned.read(kind, 0, "", 9)).rows).toEqual([learned(kind, "a", long)]);
    });

    it("is not read when it is too old, and pruned by age and number, the oldest first", async () => {
      const kind = fresh("kind");
      const rows = [3, 1, 2, 4].map((at) => learned(kind, String(at), { learnedAtMs: 1e9 + at }));
      await store.learned.put([...rows, learned(kind, "ancient", { learnedAtMs: -5 })]);
      const streams = async (sinceMs: number) =>
        (await store.learned.read(kind, sinceMs, "", 9)).rows.map(({ stream }) => stream);
      expect(await streams(1e9 + 3)).toEqual(["3", "4"]);
      expect(await store.learned.prune(0, 1e6)).toBe(1);
      expect(await streams(-10)).toEqual(["1", "2", "3", "4"]);
      await store.learned.prune(0, 2);
      expect(await streams(-10)).toEqual(["3", "4"]);
    });
  });
}
