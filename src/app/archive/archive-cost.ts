import { archiveTables, keptTiers, type ArchiveTable, type KeptTier, type Rows } from "../../loop/keeping/row.ts";
import type { RoomStats } from "../../loop/keeping/waiting-room.ts";
import type { ArchiveState, Written } from "../../ports/archive.ts";
import type { Metric, Sample } from "../../server/metric.ts";
import type { SettledRed } from "./settle-red.ts";

/** What the archive costs and keeps, counted since this controller started: rows, bytes, and what was left out or lost (A9). */
export interface ArchiveCost {
  settledRed(settled: SettledRed): void;
  wrote(written: Written): void;
  /** Rows that could not be written for too long. */
  dropped(rows: Rows): void;
  counters(room: RoomStats, state: ArchiveState | undefined): Record<string, number>;
  metrics(room: RoomStats): Metric[];
}

/** By table: rows kept, signals or buckets without a row of their own, and what was lost. */
interface Sums extends Record<KeptTier, number> {
  leftOut: number;
  dropped: number;
  bytes: number;
}

const zero = (): Sums => ({ whole: 0, thinned: 0, leftOut: 0, dropped: 0, bytes: 0 });

export function createArchiveCost(): ArchiveCost {
  const own: Record<ArchiveTable, Sums> = { red: zero(), points: zero(), logs: zero(), spans: zero() };

  const sums = (room: RoomStats): Record<ArchiveTable, Sums> => {
    const of = (table: "points" | "logs" | "spans"): Sums => {
      const { whole, thinned, leftOut, dropped, untimely } = room.fates[table];
      return { whole, thinned, leftOut, dropped: own[table].dropped + dropped + untimely, bytes: own[table].bytes };
    };
    return { red: own.red, points: of("points"), logs: of("logs"), spans: of("spans") };
  };

  return {
    settledRed({ whole, thinned, leftOut, dropped }) {
      own.red.whole += whole.length;
      own.red.thinned += thinned.length;
      own.red.leftOut += leftOut;
      own.red.dropped += dropped;
    },
    wrote({ bytes }) {
      for (const table of archiveTables) own[table].bytes += bytes[table];
    },
    dropped(rows) {
      for (const table of archiveTables) own[table].dropped += rows[table].length;
    },
    counters(room, state) {
      const byTable = Object.entries(sums(room)).flatMap(([table, of]) =>
        Object.entries(of).map(([what, n]) => [`archive${capital(table)}${capital(what)}`, n] as const),
      );
      return {
        ...Object.fromEntries(byTable),
        archiveWaitingBytes: room.bytes,
        archiveDecidedEarly: room.early,
        archiveCrowdedPoints: room.crowdedPoints,
        archiveBytes: state?.bytes ?? 0,
        archiveFiles: state?.files ?? 0,
        archiveFilesSetAside: state?.setAside ?? 0,
        archiveFilesRemoved: state?.removed ?? 0,
      };
    },
    metrics(room) {
      const all = sums(room);
      const perTable = (value: (of: Sums) => number): Sample[] =>
        archiveTables.map((table) => ({ labels: { table }, value: value(all[table]) }));
      return [
        counter(
          "archive_rows_total",
          "Rows kept in the telemetry archive, whole or thinned.",
          keptTiers.flatMap((tier) =>
            archiveTables.map((table) => ({ labels: { table, tier }, value: all[table][tier] })),
          ),
        ),
        counter(
          "archive_left_out_total",
          "Telemetry that was sampled out or rolled up.",
          perTable((s) => s.leftOut),
        ),
        counter(
          "archive_dropped_total",
          "Telemetry lost to the archive, for lack of room or time.",
          perTable((s) => s.dropped),
        ),
        counter(
          "archive_written_bytes_total",
          "Bytes written to the telemetry archive.",
          perTable((s) => s.bytes),
        ),
      ];
    },
  };
}

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

const counter = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  type: "counter",
  name,
  help,
  samples,
});
