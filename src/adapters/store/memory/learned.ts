import type { LearnedRow, LearnedStore } from "../../../ports/store.ts";
import { keep } from "./keep.ts";

export function memoryLearned(): LearnedStore {
  const kept = new Map<string, LearnedRow>();
  const byStream = (a: LearnedRow, b: LearnedRow): number => (a.stream < b.stream ? -1 : 1);
  return {
    async put(rows) {
      for (const row of rows) kept.set(JSON.stringify([row.kind, row.stream]), keep(row));
    },
    async read(kind, sinceMs, after, limit) {
      const fits = (row: LearnedRow) => row.kind === kind && row.learnedAtMs >= sinceMs && row.stream > after;
      const found = [...kept.values()].filter(fits).toSorted(byStream);
      const rows = found.slice(0, limit);
      return { rows, damaged: 0, next: found.length > limit ? rows.at(-1)?.stream : undefined };
    },
    async prune(beforeMs, rowsMax) {
      const newest = [...kept].toSorted(([, a], [, b]) => b.learnedAtMs - a.learnedAtMs);
      const goes = newest.filter(([, row], i) => row.learnedAtMs < beforeMs || i >= rowsMax);
      for (const [key] of goes) kept.delete(key);
      return goes.length;
    },
  };
}
