import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";

const pollMs = 20;
const rowsMax = 5_000;

export interface TailedRecord {
  readonly type: string;
  /** The incident for everything an incident's heal records. */
  readonly subject: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** When it was first seen committed, on this process' clock (`performance.now`). */
  readonly seenMs: number;
}

export interface AuditTail {
  /** Alerts that are durable and not yet placed in an incident. */
  waiting(): Promise<number>;
  stop(): Promise<void>;
}

/** Follows the audit log in the database as it grows; a record is seen at most 20 ms, and one query, after its commit. */
export async function tailAudit(databaseUrl: string, seen: (record: TailedRecord) => void): Promise<AuditTail> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  let [next, stopped] = [0, false];
  const read = async (): Promise<number> => {
    const { rows } = await client.query<{ index: string; canonical: string }>(
      "select index, canonical from homeostat.audit_leaves where index >= $1 order by index limit $2",
      [next, rowsMax],
    );
    const seenMs = performance.now();
    for (const { index, canonical } of rows) {
      next = Number(index) + 1;
      const record: Omit<TailedRecord, "seenMs"> = JSON.parse(canonical);
      seen({ type: record.type, subject: record.subject, body: record.body, seenMs });
    }
    return rows.length;
  };
  const running = (async () => {
    while (!stopped) if ((await read()) < rowsMax) await pause(pollMs);
  })();
  running.catch((error: unknown) => console.error(error));
  return {
    async waiting() {
      const { rows } = await client.query<{ n: string }>("select count(*) as n from homeostat.inbox where not done");
      return Number(rows[0]?.n ?? 0);
    },
    async stop() {
      stopped = true;
      await running;
      await client.end();
    },
  };
}
