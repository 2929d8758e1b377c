import type { ArchiveTable, LogRow, PointRow, RedRow, SpanRow } from "../../../loop/keeping/row.ts";

export const endOf = (span: SpanRow): number => span.startMs + span.durationMs;

/** The time by which a row is filed, ms. */
export const rowTime: {
  readonly red: (row: RedRow) => number;
  readonly points: (row: PointRow) => number;
  readonly logs: (row: LogRow) => number;
  readonly spans: (row: SpanRow) => number;
} & Record<ArchiveTable, (row: never) => number> = {
  red: (row) => row.startMs,
  points: (row) => row.timeMs,
  logs: (row) => row.timeMs,
  spans: endOf,
};
