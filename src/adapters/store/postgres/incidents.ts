import type { Incident } from "../../../loop/incident/incident.ts";
import { isLive } from "../../../loop/incident/transition.ts";
import type { IncidentStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, write, type Db } from "./database.ts";

export const incidentStore = (db: Db): IncidentStore => ({
  async save(incident, expectedVersion) {
    const [live, document] = [isLive(incident.state), write(incident)];
    if (expectedVersion === 0) {
      const made = sql`insert into incidents values (${incident.id}, ${incident.environment}, ${live}, ${Math.round(incident.openedAtMs)}, 1, ${document}) on conflict do nothing`;
      return (await changed(db, made)) === 1;
    }
    const kept = sql`update incidents set live = ${live}, version = version + 1, document = ${document} where id = ${incident.id} and version = ${expectedVersion}`;
    return (await changed(db, kept)) === 1;
  },
  async get(id) {
    const [row] = await rows<{ document: string; version: number }>(
      db,
      sql`select document, version from incidents where id = ${id}`,
    );
    return row && { incident: read<Incident>(row.document), version: row.version };
  },
  async list({ live, environment, limit, beforeMs }) {
    const before = beforeMs === undefined ? null : Math.round(beforeMs);
    const found = await rows<{ document: string }>(
      db,
      sql`select document from incidents
        where (${live ?? null}::boolean is null or live = ${live ?? null})
          and (${environment ?? null}::text is null or environment = ${environment ?? null})
          and (${before}::bigint is null or opened_at_ms < ${before})
        order by opened_at_ms desc, id collate "C" limit ${limit}`,
    );
    return found.map((r) => read<Incident>(r.document));
  },
});
