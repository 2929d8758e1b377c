import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { LearnedPage, LearnedRow, LearnedStore } from "../../../ports/store.ts";
import { changed, rows, sql, transaction, type Db } from "./database.ts";

const [pack, unpack] = [promisify(gzip), promisify(gunzip)];
/** A state larger than this when unpacked is damaged (I11). */
const bytesMax = 4 * 1024 * 1024;
/** Rows of one statement. */
const batch = 500;

/** States are packed, which also tells a damaged one: gzip carries a checksum. */
export const learnedStore = (db: Db): LearnedStore => ({
  async put(learned) {
    if (learned.length === 0) return;
    const packed = await Promise.all(lastOfEach(learned).map(packedRow));
    await transaction(db, async (tx) => {
      for (let i = 0; i < packed.length; i += batch) await upsert(tx, packed.slice(i, i + batch));
    });
  },
  async read(kind, sinceMs, after, limit) {
    const found = await rows<PackedRow>(
      db,
      sql`select kind, stream, format, learned_at_ms as at, state from learned
        where kind = ${kind} and stream > ${after} and learned_at_ms >= ${Math.ceil(sinceMs)}
        order by stream limit ${limit}`,
    );
    const read = await Promise.all(found.map(unpackedRow));
    const good = read.filter((row) => row !== undefined);
    const next = found.length < limit ? undefined : found.at(-1)?.stream;
    return { rows: good, damaged: found.length - good.length, next } satisfies LearnedPage;
  },
  prune: (beforeMs, rowsMax) =>
    transaction(db, async (tx) => {
      const old = await changed(tx, sql`delete from learned where learned_at_ms < ${Math.ceil(beforeMs)}`);
      const over = await changed(
        tx,
        sql`delete from learned where (kind, stream) in
          (select kind, stream from learned order by learned_at_ms desc offset ${rowsMax})`,
      );
      return old + over;
    }),
});

interface PackedRow {
  readonly kind: string;
  readonly stream: string;
  readonly format: number;
  /** A bigint, as text. */
  readonly at: string;
  readonly state: Buffer;
}

async function packedRow({ kind, stream, format, learnedAtMs, state }: LearnedRow): Promise<PackedRow> {
  return { kind, stream, format, at: String(Math.round(learnedAtMs)), state: await pack(state, { level: 1 }) };
}

async function unpackedRow({ kind, stream, format, at, state }: PackedRow): Promise<LearnedRow | undefined> {
  const text = await unpack(state, { maxOutputLength: bytesMax }).catch(() => undefined);
  return text && { kind, stream, format, learnedAtMs: Number(at), state: text.toString("utf8") };
}

/** One statement must not touch a row twice; the order keeps two controllers from waiting for each other. */
const lastOfEach = (learned: readonly LearnedRow[]): LearnedRow[] =>
  [...new Map(learned.map((row) => [JSON.stringify([row.kind, row.stream]), row])).entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row);

async function upsert(tx: Db, packed: readonly PackedRow[]): Promise<void> {
  const values = packed.map(
    ({ kind, stream, format, at, state }) =>
      sql`(${kind}, ${stream}, ${format}::integer, ${at}::bigint, ${state}::bytea)`,
  );
  await changed(
    tx,
    sql`insert into learned (kind, stream, format, learned_at_ms, state) values ${sql.join(values)}
      on conflict (kind, stream) do update
      set format = excluded.format, learned_at_ms = excluded.learned_at_ms, state = excluded.state`,
  );
}
