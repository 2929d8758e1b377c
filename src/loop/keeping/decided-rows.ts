import { rowBytes } from "./row-bytes.ts";
import type { Batch, LogRow, PointRow, SpanRow } from "./row.ts";

/** What became of signals of one kind, in number. */
export interface Fate {
  whole: number;
  /** Rows kept of what was sampled or rolled up. */
  thinned: number;
  /** Signals that have no row of their own: not sampled, or rolled up with others. */
  leftOut: number;
  /** For lack of room. */
  dropped: number;
  /** From another time than now: more than 10 s ahead, or 10 minutes old. */
  untimely: number;
}

/** The kinds of rows that are made of signals. */
interface RowOf {
  points: PointRow;
  logs: LogRow;
  spans: SpanRow;
}
export type WaitingKind = keyof RowOf;

export interface Chosen<R> {
  readonly whole: readonly R[];
  readonly thinned: readonly R[];
}

/** Rows that are decided and wait to be written. When there are too many, what comes is dropped and counted (I11). */
export interface DecidedRows {
  /** `of`: how many signals they were chosen from, 0 when those were counted before. */
  keep<K extends WaitingKind>(kind: K, chosen: Chosen<RowOf[K]>, of: number): void;
  rows<K extends WaitingKind>(kind: K): Iterable<RowOf[K]>;
  takeAll(): Batch;
  readonly fates: Readonly<Record<WaitingKind, Fate>>;
}

export function createDecidedRows(bytesMax: number): DecidedRows {
  const fates = { points: noFate(), logs: noFate(), spans: noFate() };
  let [whole, thinned, bytes] = [emptyLists(), emptyLists(), 0];
  return {
    keep(kind, chosen, of) {
      const fate = fates[kind];
      const many = chosen.whole.length + chosen.thinned.length;
      const moreBytes = bytesOf(kind, chosen.whole) + bytesOf(kind, chosen.thinned);
      if (bytes + moreBytes > bytesMax) {
        fate.dropped += Math.max(of, many);
        return;
      }
      bytes += moreBytes;
      fate.whole += chosen.whole.length;
      fate.thinned += chosen.thinned.length;
      fate.leftOut += Math.max(0, of - many);
      for (const row of chosen.whole) whole[kind].push(row);
      for (const row of chosen.thinned) thinned[kind].push(row);
    },
    *rows(kind) {
      yield* whole[kind];
      yield* thinned[kind];
    },
    takeAll() {
      const batch = { whole: { red: [], ...whole }, thinned: { red: [], ...thinned } };
      [whole, thinned, bytes] = [emptyLists(), emptyLists(), 0];
      return batch;
    },
    fates,
  };
}

const bytesOf = <K extends WaitingKind>(kind: K, rows: readonly RowOf[K][]): number =>
  rows.reduce((n, row) => n + (rowBytes[kind] as (row: RowOf[K]) => number)(row), 0);

const emptyLists = (): { [K in WaitingKind]: RowOf[K][] } => ({ points: [], logs: [], spans: [] });

const noFate = (): Fate => ({ whole: 0, thinned: 0, leftOut: 0, dropped: 0, untimely: 0 });
