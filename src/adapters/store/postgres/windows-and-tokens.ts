import type { JsonObject } from "../../../kernel/json.ts";
import { durationBoundsMs, type RedBucket } from "../../../loop/detection/red.ts";
import type { TokenStore, WindowStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, transaction, write, type Db } from "./database.ts";

const batch = 200;

export const windowStore = (db: Db): WindowStore => ({
  async put(controller, buckets) {
    for (let i = 0; i < buckets.length; i += batch) {
      const some = buckets.slice(i, i + batch);
      const values = sql.join(
        some.map(
          (b) =>
            sql`(${write(b.series)}, ${b.startMs}, ${controller}, ${b.count}, ${b.errors}, ${b.ownErrors}, ${b.durationSumMs}, ${[...b.durations]}::integer[])`,
        ),
      );
      await changed(
        db,
        sql`insert into windows (series, start_ms, controller, count, errors, own_errors, duration_sum_ms, durations) values ${values}
          on conflict (series, start_ms, controller) do update set count = excluded.count, errors = excluded.errors,
            own_errors = excluded.own_errors, duration_sum_ms = excluded.duration_sum_ms, durations = excluded.durations`,
      );
    }
  },
  async read(series, fromMs, toMs) {
    const found = await rows<WindowRow>(
      db,
      sql`select * from windows where series = any(${series.map(write)}) and start_ms >= ${Math.round(fromMs)} and start_ms < ${Math.round(toMs)} order by start_ms, series limit 200000`,
    );
    return merge(found.map(bucketOf));
  },
  prune: (beforeMs) => changed(db, sql`delete from windows where start_ms < ${Math.round(beforeMs)}`),
});

interface WindowRow {
  readonly series: string;
  readonly start_ms: string;
  readonly count: number;
  readonly errors: number;
  readonly own_errors: number;
  readonly duration_sum_ms: number;
  readonly durations: number[];
}

const bucketOf = (r: WindowRow): RedBucket => ({
  series: read<string>(r.series),
  startMs: Number(r.start_ms),
  count: r.count,
  errors: r.errors,
  ownErrors: r.own_errors,
  durationSumMs: r.duration_sum_ms,
  durations: r.durations,
});

/** Adds up what several controllers saw of the same interval. */
function merge(buckets: readonly RedBucket[]): RedBucket[] {
  const joined = new Map<string, RedBucket>();
  for (const b of buckets) {
    const key = `${b.startMs} ${b.series}`;
    const old = joined.get(key);
    joined.set(key, old ? add(old, b) : b);
  }
  return [...joined.values()];
}

const add = (a: RedBucket, b: RedBucket): RedBucket => ({
  ...a,
  count: a.count + b.count,
  errors: a.errors + b.errors,
  ownErrors: a.ownErrors + b.ownErrors,
  durationSumMs: a.durationSumMs + b.durationSumMs,
  durations: Array.from(
    { length: durationBoundsMs.length + 1 },
    (_, i) => (a.durations[i] ?? 0) + (b.durations[i] ?? 0),
  ),
});

interface TokenRow {
  readonly name: string;
  readonly scopes: string[];
  readonly roles: string[];
}

export const tokenStore = (db: Db): TokenStore => ({
  async put(t) {
    await changed(
      db,
      sql`insert into tokens (sha256, name, scopes, roles, expires_at_ms, single_use)
        values (${t.sha256}, ${t.name}, ${[...t.scopes]}::text[], ${[...t.roles]}::text[], ${t.expiresAtMs ?? null}, ${t.singleUse}) on conflict do nothing`,
    );
  },
  async find(sha256, nowMs) {
    const [row] = await rows<TokenRow>(
      db,
      sql`select name, scopes, roles from tokens where sha256 = ${sha256} and not single_use and (expires_at_ms is null or expires_at_ms > ${nowMs})`,
    );
    return row;
  },
  redeem: (sha256, nowMs) =>
    transaction(db, async (tx) => {
      const [row] = await rows<TokenRow>(
        tx,
        sql`update tokens set redeemed = true where sha256 = ${sha256} and single_use and not redeemed and (expires_at_ms is null or expires_at_ms > ${nowMs}) returning name, scopes, roles`,
      );
      return row;
    }),
  async count() {
    const [row] = await rows<{ n: string }>(db, sql`select count(*) as n from tokens where not single_use`);
    return Number(row?.n ?? 0);
  },
  async setting(key) {
    const [row] = await rows<{ value: string }>(db, sql`select value from settings where key = ${key}`);
    return row && read<JsonObject>(row.value);
  },
  async settingOnce(key, value) {
    await changed(db, sql`insert into settings values (${key}, ${write(value)}) on conflict do nothing`);
    const [row] = await rows<{ value: string }>(db, sql`select value from settings where key = ${key}`);
    return row ? read<JsonObject>(row.value) : value;
  },
});
