import type { ChangeSignal, ControlSignal } from "../../../loop/signal/signal.ts";
import type { InboxStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, transaction, write, type Db } from "./database.ts";

const claimMs = 30_000;
const changesMax = 1_000;
/** Rows of one statement: far below the 65,535 parameters that one may have. */
const batch = 1_000;

type Item = Parameters<InboxStore["put"]>[0][number];

export const inboxStore = (db: Db): InboxStore => ({
  put: (items) =>
    transaction(db, async (tx) => {
      let added = 0;
      for (let i = 0; i < items.length; i += batch) added += await add(tx, items.slice(i, i + batch));
      return added;
    }),
  async claim(_holder, limit) {
    const claimed = await rows<{ id: string; received_at_ms: string; document: string; seq: string }>(
      db,
      sql`with free as materialized (
          select seq from inbox where not done and (claimed_until is null or claimed_until <= clock_timestamp())
          order by seq limit ${limit} for update skip locked)
        update inbox set claimed_until = clock_timestamp() + ${claimMs} * interval '1 millisecond'
        from free where inbox.seq = free.seq
        returning inbox.id, inbox.received_at_ms, inbox.document, inbox.seq`,
    );
    return claimed
      .toSorted((a, b) => Number(a.seq) - Number(b.seq))
      .map((row) => ({
        id: read<string>(row.id),
        signal: read<ControlSignal>(row.document),
        receivedAtMs: Number(row.received_at_ms),
      }));
  },
  async done(ids) {
    if (ids.length > 0) await changed(db, sql`update inbox set done = true where id = any(${ids.map(write)})`);
  },
  async pending() {
    const [row] = await rows<{ n: string }>(db, sql`select count(*) as n from inbox where not done`);
    return Number(row?.n ?? 0);
  },
  async changes(environment, sinceMs) {
    const latest = await rows<{ document: string }>(
      db,
      sql`select document from inbox
        where kind = 'change' and environment = ${write(environment)} and at_ms >= ${Math.round(sinceMs)}
        order by at_ms desc, id limit ${changesMax}`,
    );
    return latest.map((row) => read<ChangeSignal>(row.document)).toReversed();
  },
});

function add(tx: Db, items: readonly Item[]): Promise<number> {
  const values = items.map(({ id, signal, receivedAtMs }) => {
    const atMs = signal.kind === "change" ? signal.timeMs : signal.startsAtMs;
    const environment = write(signal.environment);
    return sql`(${write(id)}, ${signal.kind}, ${environment}, ${Math.round(atMs)}, ${Math.round(receivedAtMs)}, ${write(signal)})`;
  });
  return changed(
    tx,
    sql`insert into inbox (id, kind, environment, at_ms, received_at_ms, document)
      values ${sql.join(values)} on conflict do nothing`,
  );
}
