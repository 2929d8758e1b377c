import type { ArchiveTable, Batch, LogRow, PointRow, RedRow, SpanRow } from "../loop/keeping/row.ts";
import type { Retention } from "./config.ts";

/** What was found. Rows are oldest first; where there were more than asked for, `cut` is true and the newest are there. */
export interface Found<R> {
  readonly rows: readonly R[];
  readonly cut: boolean;
  /** What could not be looked at and may have held more; empty when all was (B7). */
  readonly missing: readonly string[];
}

/** Rows whose time lies in [fromMs, toMs), `limit` at most. A span's time is when it ended. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
}

/** All series of some services; or `only` those of one type, and of one instance, version or called service. */
export interface RedQuery extends TimeRange {
  readonly environment: string;
  readonly services: readonly string[];
  readonly only?: { readonly type: "service" | "instance" | "version" | "edge"; readonly other?: string };
}

/** RED of one series over a step of a chart. Durations as in `RedBucket`. */
export interface RedStep {
  readonly startMs: number;
  readonly count: number;
  readonly errors: number;
  readonly ownErrors: number;
  readonly durationSumMs: number;
  readonly durations: readonly number[];
  /** Intervals of 5 s of the step that were seen: fewer than fit into it means that the rest is unknown. */
  readonly seen: number;
}

export interface PointQuery extends TimeRange {
  readonly environment: string;
  readonly service: string;
  readonly name: string;
}

export interface LogQuery extends TimeRange {
  readonly environment?: string;
  readonly service?: string;
  readonly traceId?: string;
  /** OpenTelemetry severity number at least. */
  readonly severityMin?: number;
}

export interface SpanQuery extends TimeRange {
  readonly environment?: string;
  readonly service?: string;
  readonly traceId?: string;
  readonly errorsOnly?: boolean;
}

/** Looks back into telemetry. Texts in queries are untrusted (I9). */
export interface ArchiveReader {
  red(query: RedQuery): Promise<Found<RedRow>>;
  /** The one series that `only` names, summed over steps. `limit` counts steps. */
  redSteps(query: RedQuery & { readonly stepMs: number }): Promise<Found<RedStep>>;
  points(query: PointQuery): Promise<Found<PointRow>>;
  logs(query: LogQuery): Promise<Found<LogRow>>;
  spans(query: SpanQuery): Promise<Found<SpanRow>>;
}

/** Telemetry for charts and people: what waits in memory and what is in the archive, as one. */
export type History = Omit<ArchiveReader, "red">;

/** What became of a batch. Never half a row: what is in `left` is not in the archive, all else is. */
export interface Written {
  readonly bytes: Readonly<Record<ArchiveTable, number>>;
  readonly left?: { readonly batch: Batch; readonly why: string };
}

export interface ArchiveState {
  /** Bytes of all files. */
  readonly bytes: number;
  readonly files: number;
  /** Files that could not be read and were set aside. */
  readonly setAside: number;
  /** Files removed because they were too old or too many. */
  readonly removed: number;
  /** What is wrong, in words; empty when nothing is. */
  readonly troubles: readonly string[];
}

/** Telemetry beyond memory. One writer; what is written is there for readers of any kind, whole or not at all. */
export interface Archive extends ArchiveReader {
  /** Resolves also when nothing could be written: then with what is left. */
  write(batch: Batch): Promise<Written>;
  /**
   * Removes what retention no longer wants, oldest first, and joins small files. Never touches what it did not write. An age of Infinity
   * removes nothing by age; nor does a clock far ahead of what was written, so that one that is wrong cannot remove everything.
   */
  tidy(retention: Retention, nowMs: number): Promise<void>;
  state(): ArchiveState;
  /** Waits for what is under way. */
  close(): Promise<void>;
}
