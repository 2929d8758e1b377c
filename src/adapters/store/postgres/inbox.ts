import type { Json } from "../../../kernel/json.ts";
import type { ChangeSignal, ControlSignal } from "../../../loop/signal/signal.ts";
import type { InboxStore, KnownGoodStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, transaction, write, type Db } from "./database.ts";

const claimMs = 30_000;
const changesMax = 1_000;

export const inboxStore = (db: Db): InboxStore => ({
  put: (items) =>
    transaction(db, async (tx) => {
      let fresh = 0;
      for (const { id, signal, receivedAtMs } of items) {
        const atMs = signal.kind === "change" ? signal.timeMs : signal.startsAtMs;
        fresh += await changed(
          tx,
          sql`insert into inbox (id, kind, environment, at_ms, received_at_ms, document)
            values (${write(id)}, ${signal.kind}, ${write(signal.environment)}, ${Math.round(atMs)}, ${receivedAtMs}, ${write(signal)}) on conflict do nothing`,
        );
      }
      return fresh;
    }),
  async claim(_holder, limit) {
    const found = await rows<{ id: string; received_at_ms: string; document: string; seq: string }>(
      db,
      sql`update inbox set claimed_until = clock_timestamp() + ${claimMs} * interval '1 millisecond'
        where seq in (select seq from inbox where not done and (claimed_until is null or claimed_until <= clock_timestamp()) order by seq limit ${limit} for update skip locked)
        returning id, received_at_ms, document, seq`,
    );
    return found
      .toSorted((a, b) => Number(a.seq) - Number(b.seq))
      .map((r) => ({
        id: read<string>(r.id),
        signal: read<ControlSignal>(r.document),
        receivedAtMs: Number(r.received_at_ms),
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
    const found = await rows<{ document: string }>(
      db,
      sql`select document from inbox where kind = 'change' and environment = ${write(environment)} and at_ms >= ${Math.round(sinceMs)} order by at_ms desc, id limit ${changesMax}`,
    );
    return found.map((r) => read<ChangeSignal>(r.document)).toReversed();
  },
});

export const knownGoodStore = (db: Db): KnownGoodStore => ({
  async record(service, environment, aspect, value, sinceMs, atMs) {
    await changed(
      db,
      sql`insert into known_good (service, environment, aspect, value, since_ms, at_ms) values (${service}, ${environment}, ${aspect}, ${write(value)}, ${sinceMs}, ${atMs})`,
    );
  },
  async list(service, environment, aspect, limit) {
    const found = await rows<{ value: string; since_ms: string; at_ms: string }>(
      db,
      sql`select value, since_ms, at_ms from known_good where service = ${service} and environment = ${environment} and aspect = ${aspect} order by seq desc limit ${limit}`,
    );
    return found.map((r) => ({ value: read<Json>(r.value), sinceMs: Number(r.since_ms), atMs: Number(r.at_ms) }));
  },
});
