import type { StopEntry } from "../../../loop/decision/decision.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
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
      sql`select document from stops order by kind collate "C", value collate "C" limit ${stopsMax + 1}`,
    );
    // A stop that is left out would not stop: with too many to read the state is unknown, and nothing acts (I7, I8).
    if (found.length > stopsMax)
      throw new AdapterError("too-many-stops", `there are more than ${stopsMax} stops: lift some, or stop \`all\``);
    return found.map((r) => read<StopEntry>(r.document));
  },
});
