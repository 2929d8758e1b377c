import type { Lease, LeaseStore } from "../../../ports/store.ts";
import { changed, rows, sql, type Db } from "./database.ts";

interface LeaseRow {
  readonly name: string;
  readonly holder: string;
  readonly token: string;
  readonly expires_at_ms: string;
}

const columns = sql`name, holder, token, (extract(epoch from expires_at) * 1000)::bigint as expires_at_ms`;
const leaseOf = (row: LeaseRow): Lease => ({
  name: row.name,
  holder: row.holder,
  token: Number(row.token),
  expiresAtMs: Number(row.expires_at_ms),
});
const until = (ttlMs: number) => sql`clock_timestamp() + ${ttlMs} * interval '1 millisecond'`;

/** Leases on the database's clock: no controller's clock can lengthen one (I4). Tokens come from one sequence, so they only grow. */
export const leaseStore = (db: Db): LeaseStore => ({
  async acquire(name, holder, ttlMs) {
    const [row] = await rows<LeaseRow>(
      db,
      sql`insert into leases values (${name}, ${holder}, nextval('fencing_tokens'), ${until(ttlMs)})
        on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at,
          token = case when leases.holder = excluded.holder and leases.expires_at > clock_timestamp() then leases.token else excluded.token end
        where leases.holder = excluded.holder or leases.expires_at <= clock_timestamp()
        returning ${columns}`,
    );
    return row && leaseOf(row);
  },
  async renew(lease, ttlMs) {
    const kept = sql`update leases set expires_at = ${until(ttlMs)} where name = ${lease.name} and holder = ${lease.holder} and token = ${lease.token} and expires_at > clock_timestamp()`;
    return (await changed(db, kept)) === 1;
  },
  async release(lease) {
    await changed(
      db,
      sql`delete from leases where name = ${lease.name} and holder = ${lease.holder} and token = ${lease.token}`,
    );
  },
  async holds(lease) {
    const found = await rows(
      db,
      sql`select 1 from leases where name = ${lease.name} and holder = ${lease.holder} and token = ${lease.token} and expires_at > clock_timestamp()`,
    );
    return found.length === 1;
  },
  async current(name) {
    const [row] = await rows<LeaseRow>(
      db,
      sql`select ${columns} from leases where name = ${name} and expires_at > clock_timestamp()`,
    );
    return row && leaseOf(row);
  },
  async expired(prefix) {
    const found = await rows<LeaseRow>(
      db,
      sql`select ${columns} from leases where starts_with(name, ${prefix}) and expires_at <= clock_timestamp() order by name limit 1000`,
    );
    return found.map(leaseOf);
  },
});
