import type { StopEntry } from "../../../loop/decision/decision.ts";
import type { StopStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, write, type Db } from "./database.ts";

const stopsMax = 1_000;

export const stopStore = (db: Db): StopStore => ({
  async set(entry) {
    const { kind, value } = entry.scope;
    await changed(
      db,
      sql`insert into stops values (${kind}, ${value}, ${write(entry)}) on conflict (kind, value) do update set document = excluded.document`,
    );
  },
  async lift({ kind, value }) {
    return (await changed(db, sql`delete from stops where kind = ${kind} and value = ${value}`)) === 1;
  },
  async list() {
    const found = await rows<{ document: string }>(
      db,
      sql`select document from stops order by kind, value collate "C" limit ${stopsMax}`,
    );
    return found.map((r) => read<StopEntry>(r.document));
  },
});
