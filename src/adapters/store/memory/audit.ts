import type { AuditStore, StoredLeaf } from "../../../ports/store.ts";
import { keep } from "./keep.ts";

type Salt = Parameters<AuditStore["saveSalts"]>[0][number];

export function memoryAudit(): AuditStore {
  const leaves: StoredLeaf[] = [];
  const hashes: string[] = [];
  const keys = new Set<string>();
  const salts = new Map<string, Map<string, Salt>>();
  let checkpoint: { readonly size: number; readonly note: string } | undefined;
  return {
    async append(records) {
      for (const { record, canonical, leafHash } of records) {
        if (keys.has(record.key)) continue;
        keys.add(record.key);
        leaves.push(keep({ index: leaves.length, record, canonical }));
        hashes.push(leafHash);
      }
      return leaves.length;
    },
    size: async () => leaves.length,
    range: async (from, to) => leaves.slice(Math.max(0, from), Math.max(0, to)),
    leafHashes: async (from, to) => hashes.slice(Math.max(0, from), Math.max(0, to)),
    async saveCheckpoint(size, note) {
      if (size > (checkpoint?.size ?? -1)) checkpoint = Object.freeze({ size, note });
    },
    latestCheckpoint: async () => checkpoint,
    async saveSalts(added) {
      for (const salt of added) {
        const fields = salts.get(salt.recordKey) ?? new Map<string, Salt>();
        if (!fields.has(salt.field)) fields.set(salt.field, keep(salt));
        salts.set(salt.recordKey, fields);
      }
    },
    salts: async (recordKey) =>
      [...(salts.get(recordKey)?.values() ?? [])]
        .map(({ field, salt, value }) => ({ field, salt, value }))
        .toSorted((a, b) => (a.field < b.field ? -1 : 1)),
  };
}
