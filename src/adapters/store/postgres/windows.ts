import type { RedBucket } from "../../../loop/detection/red.ts";
import { mergeBuckets } from "../../../loop/detection/merge-buckets.ts";
import type { WindowStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, transaction, write, type Db } from "./database.ts";

/** Rows of one statement: far below the 65,535 parameters that one may have. */
const batch = 1_000;
/** Partial buckets of one read: an hour of 250 series. */
const readMax = 200_000;

export const windowStore = (db: Db): WindowStore => ({
  async put(controller, buckets) {
    if (buckets.length === 0) return;
    const latest = lastOfEach(buckets);
    await transaction(db, async (tx) => {
      for (let i = 0; i < latest.length; i += batch) await upsert(tx, controller, latest.slice(i, i + batch));
    });
  },
  async read(series, fromMs, toMs) {
    const found = await rows<WindowRow>(
      db,
      sql`select * from windows
        where series = any(${series.map(write)}) and start_ms >= ${Math.ceil(fromMs)} and start_ms < ${Math.ceil(toMs)}
        order by start_ms desc limit ${readMax}`,
    );
    return mergeBuckets(found.map(bucketOf));
  },
  prune: (beforeMs) => changed(db, sql`delete from windows where start_ms < ${Math.ceil(beforeMs)}`),
});

/** One statement must not touch a row twice; the order keeps two controllers from waiting for each other. */
const lastOfEach = (buckets: readonly RedBucket[]): RedBucket[] =>
  [...new Map(buckets.map((bucket) => [`${bucket.startMs} ${bucket.series}`, bucket])).values()].toSorted(
    (a, b) => a.startMs - b.startMs || (a.series < b.series ? -1 : 1),
  );

async function upsert(tx: Db, controller: string, buckets: readonly RedBucket[]): Promise<void> {
  const values = buckets.map(
    ({ series, startMs, count, errors, ownErrors, durationSumMs, durations }) =>
      sql`(${write(series)}, ${startMs}, ${controller}, ${count}, ${errors}, ${ownErrors}, ${durationSumMs}, ${[...durations]}::integer[])`,
  );
  await changed(
    tx,
    sql`insert into windows (series, start_ms, controller, count, errors, own_errors, duration_sum_ms, durations)
      values ${sql.join(values)}
      on conflict (series, start_ms, controller) do update set count = excluded.count, errors = excluded.errors,
        own_errors = excluded.own_errors, duration_sum_ms = excluded.duration_sum_ms, durations = excluded.durations`,
  );
}

interface WindowRow {
  readonly series: string;
  readonly start_ms: string;
  readonly count: number;
  readonly errors: number;
  readonly own_errors: number;
  readonly duration_sum_ms: number;
  readonly durations: number[];
}

const bucketOf = (row: WindowRow): RedBucket => ({
  series: read<string>(row.series),
  startMs: Number(row.start_ms),
  count: row.count,
  errors: row.errors,
  ownErrors: row.own_errors,
  durationSumMs: row.duration_sum_ms,
  durations: row.durations,
});
