import type { AuditStore, StoredLeaf } from "../../src/ports/store.ts";

type Salt = Parameters<AuditStore["saveSalts"]>[0][number];

/** The audit part of the store in memory, for tests of what stands on it. `leaves` and `hashes` may be tampered with. */
export function memoryAuditStore() {
  const leaves: StoredLeaf[] = [];
  const hashes: string[] = [];
  const salts: Salt[] = [];
  const checkpoints: { size: number; note: string }[] = [];
  const audit: AuditStore = {
    append: (records) => {
      for (const { record, canonical, leafHash } of records) {
        if (leaves.some((leaf) => leaf.record.key === record.key)) continue;
        leaves.push({ index: leaves.length, record, canonical });
        hashes.push(leafHash);
      }
      return Promise.resolve(leaves.length);
    },
    size: () => Promise.resolve(hashes.length),
    range: (from, to) => Promise.resolve(leaves.filter((leaf) => leaf.index >= from && leaf.index < to)),
    leafHashes: (from, to) => Promise.resolve(hashes.slice(from, to)),
    saveCheckpoint: (size, note) => {
      checkpoints.push({ size, note });
      return Promise.resolve();
    },
    latestCheckpoint: () => Promise.resolve(checkpoints.at(-1)),
    saveSalts: (more) => {
      // One salt a field, the last one: whoever needs two to be kept must name them apart.
      for (const salt of more) {
        const at = salts.findIndex((s) => s.recordKey === salt.recordKey && s.field === salt.field);
        salts.splice(at < 0 ? salts.length : at, 1, salt);
      }
      return Promise.resolve();
    },
    salts: (recordKey) => Promise.resolve(salts.filter((s) => s.recordKey === recordKey)),
  };
  return { audit, leaves, hashes, salts, checkpoints };
}
