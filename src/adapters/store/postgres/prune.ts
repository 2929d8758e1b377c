import { changed, sql, transaction, type Db } from "./database.ts";

/**
 * Deletes what nothing asks for any more, from before a time: processed inbox items, tokens and leases that ran out. Incidents,
 * runs and the audit log are kept. Gives how many rows went. `beforeMs` has to be earlier than any look back over changes.
 */
export const prune = (db: Db, beforeMs: number): Promise<number> =>
  transaction(db, async (tx) => {
    const inbox = await changed(tx, sql`delete from inbox where done and received_at_ms < ${Math.round(beforeMs)}`);
    const tokens = await changed(tx, sql`delete from tokens where expires_at_ms < ${Math.round(beforeMs)}`);
    const leases = await changed(tx, sql`delete from leases where expires_at < to_timestamp(${beforeMs / 1_000})`);
    return inbox + tokens + leases;
  });
