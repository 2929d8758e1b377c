import type { AuditRecord } from "../../../loop/audit/record.ts";
import type { AuditStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, transaction, type Db } from "./database.ts";

/** One writer at a time, over all controllers: indexes are gap-free and in the order of commits. */
const lock = 7_215_082;
/** Rows of one statement: far below the 65,535 parameters that one may have. */
const batch = 1_000;

type Leaf = Parameters<AuditStore["append"]>[0][number];

export const auditStore = (db: Db): AuditStore => ({
  append: (records) =>
    transaction(db, async (tx) => {
      await rows(tx, sql`select pg_advisory_xact_lock(${lock})`);
      const size = await sizeOf(tx);
      const fresh = await unknownOf(tx, records);
      for (let i = 0; i < fresh.length; i += batch) await insert(tx, size + i, fresh.slice(i, i + batch));
      return size + fresh.length;
    }),
  size: () => sizeOf(db),
  async range(from, to) {
    const found = await rows<{ index: string; canonical: string }>(
      db,
      sql`select index, canonical from audit_leaves where index >= ${from} and index < ${to} order by index`,
    );
    return found.map((r) => ({
      index: Number(r.index),
      canonical: r.canonical,
      record: read<AuditRecord>(r.canonical),
    }));
  },
  async leafHashes(from, to) {
    const found = await rows<{ leaf_hash: string }>(
      db,
      sql`select leaf_hash from audit_leaves where index >= ${from} and index < ${to} order by index`,
    );
    return found.map((r) => r.leaf_hash);
  },
  async saveCheckpoint(size, note) {
    await changed(db, sql`insert into audit_checkpoints values (${size}, ${note}) on conflict do nothing`);
  },
  async latestCheckpoint() {
    const [row] = await rows<{ size: string; note: string }>(
      db,
      sql`select size, note from audit_checkpoints order by size desc limit 1`,
    );
    return row && { size: Number(row.size), note: row.note };
  },
  saveSalts: (salts) =>
    transaction(db, async (tx) => {
      for (const { recordKey, field, salt, value } of salts)
        await changed(
          tx,
          sql`insert into audit_salts (record_key, field, salt, value)
            values (${recordKey}, ${field}, ${salt}, ${value}) on conflict do nothing`,
        );
    }),
  salts: (recordKey) =>
    rows<{ field: string; salt: string; value: string }>(
      db,
      sql`select field, salt, value from audit_salts where record_key = ${recordKey} order by field collate "C"`,
    ),
});

/** Those whose key the log does not have yet, each key once. Under the lock nobody else adds any meanwhile. */
async function unknownOf(tx: Db, leaves: readonly Leaf[]): Promise<Leaf[]> {
  // A key is kept as Postgres can keep it: without NUL.
  const byKey = new Map<string, Leaf>();
  for (const leaf of leaves) {
    const key = leaf.record.key.replaceAll("\u0000", "\ufffd");
    if (!byKey.has(key)) byKey.set(key, leaf);
  }
  const there = await rows<{ key: string }>(
    tx,
    sql`select key from audit_leaves where key = any(${[...byKey.keys()]})`,
  );
  for (const { key } of there) byKey.delete(key);
  return [...byKey.values()];
}

async function insert(tx: Db, from: number, leaves: readonly Leaf[]): Promise<void> {
  const values = leaves.map(
    ({ record, canonical, leafHash }, i) => sql`(${from + i}, ${record.key}, ${leafHash}, ${canonical})`,
  );
  await changed(tx, sql`insert into audit_leaves (index, key, leaf_hash, canonical) values ${sql.join(values)}`);
}

async function sizeOf(db: Db): Promise<number> {
  const [row] = await rows<{ size: string }>(db, sql`select coalesce(max(index) + 1, 0) as size from audit_leaves`);
  return Number(row?.size ?? 0);
}
