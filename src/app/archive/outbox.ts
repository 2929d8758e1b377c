import { countRows, joinRows, noRows, type Batch, type Rows } from "../../loop/keeping/row.ts";
import { batchBytes } from "../../loop/keeping/row-bytes.ts";
import type { Archive } from "../../ports/archive.ts";
import type { ArchiveCost } from "./archive-cost.ts";

/** Rows that are decided and not in the archive yet: being written, or waiting for another try. */
export interface Outbox {
  put(batch: Batch): void;
  /** Writes all of it; what could not be written stays. */
  send(archive: Archive): Promise<void>;
  held(): Batch;
  /** Grows with every batch that was written. */
  sends(): number;
}

/** What could not be written for so long that it takes up more than this is dropped and counted, thinned rows first (I11). */
const bytesMax = 256 * 1024 * 1024;

const nothing: Batch = { whole: noRows, thinned: noRows };

export function createOutbox(cost: ArchiveCost): Outbox {
  let [held, sends] = [nothing, 0];

  const drop = (rows: Rows): Rows => {
    cost.dropped(rows);
    return noRows;
  };

  return {
    put({ whole, thinned }) {
      held = { whole: joinRows(held.whole, whole), thinned: joinRows(held.thinned, thinned) };
      if (batchBytes(held) > bytesMax) held = { ...held, thinned: drop(held.thinned) };
      if (batchBytes(held) > bytesMax) held = { ...held, whole: drop(held.whole) };
    },
    async send(archive) {
      if (sizeOf(held) === 0) return;
      const written = await archive.write(held);
      cost.wrote(written);
      held = written.left?.batch ?? nothing;
      sends++;
    },
    held: () => held,
    sends: () => sends,
  };
}

const sizeOf = (batch: Batch): number => countRows(batch.whole) + countRows(batch.thinned);
