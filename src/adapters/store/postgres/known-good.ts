import type { Json } from "../../../kernel/json.ts";
import type { KnownGoodStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, transaction, write, type Db } from "./database.ts";

/** States kept for one aspect of one target (I11). */
const keptMax = 50;

export const knownGoodStore = (db: Db): KnownGoodStore => ({
  record: (service, environment, aspect, value, sinceMs, atMs) =>
    transaction(db, async (tx) => {
      const aspectOfTarget = sql`service = ${service} and environment = ${environment} and aspect = ${aspect}`;
      await changed(
        tx,
        sql`insert into known_good (service, environment, aspect, value, since_ms, at_ms)
          values (${service}, ${environment}, ${aspect}, ${write(value)}, ${Math.round(sinceMs)}, ${Math.round(atMs)})`,
      );
      await changed(
        tx,
        sql`delete from known_good where ${aspectOfTarget}
          and seq <= (select seq from known_good where ${aspectOfTarget} order by seq desc offset ${keptMax} limit 1)`,
      );
    }),
  async list(service, environment, aspect, limit) {
    const found = await rows<{ value: string; since_ms: string; at_ms: string }>(
      db,
      sql`select value, since_ms, at_ms from known_good
        where service = ${service} and environment = ${environment} and aspect = ${aspect}
        order by seq desc limit ${limit}`,
    );
    return found.map((row) => ({
      value: read<Json>(row.value),
      sinceMs: Number(row.since_ms),
      atMs: Number(row.at_ms),
    }));
  },
  async latest(services, environment) {
    const found = await rows<{ service: string; aspect: string; value: string }>(
      db,
      sql`select distinct on (service, aspect) service, aspect, value from known_good
        where service = any(${[...services]}) and environment = ${environment}
        order by service, aspect, seq desc`,
    );
    return found.map((row) => ({ ...row, value: read<Json>(row.value) }));
  },
});
