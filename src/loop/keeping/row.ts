import type { Identity, LogSignal, SpanSignal } from "../signal/signal.ts";
import type { RedBucket } from "../detection/red.ts";

/** What the archive keeps, by table. Times are milliseconds since the epoch. */
export const archiveTables = ["red", "points", "logs", "spans"] as const;
export type ArchiveTable = (typeof archiveTables)[number];

/** `whole`: as it came, near an incident. `thinned`: sampled or rolled up. */
export const keptTiers = ["whole", "thinned"] as const;
export type KeptTier = (typeof keptTiers)[number];

/** One bucket as it was (`widthMs` 5,000), or a minute of them added up (60,000). */
export interface RedRow extends RedBucket {
  readonly widthMs: number;
  /** Which of the intervals of 5 s in it were seen, the first as the lowest bit: one not seen is unknown, not empty (B7). */
  readonly seen: number;
}

/**
 * One data point as it came (`widthMs` 0, `points` 1), or a minute of a series rolled up. Gauges and counters fill `min`, `max`, `sum` and
 * `last`; histograms the four below: added up when they are deltas, the last when they are cumulative.
 */
export interface PointRow extends Identity {
  readonly name: string;
  readonly unit: string;
  readonly type: "gauge" | "counter" | "histogram";
  readonly monotonic: boolean;
  readonly delta: boolean;
  /** When the sender began to count; 0 for gauges. */
  readonly startMs: number;
  readonly timeMs: number;
  readonly widthMs: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly points: number;
  readonly min?: number;
  readonly max?: number;
  readonly sum?: number;
  readonly last?: number;
  readonly observations?: number;
  readonly observedSum?: number;
  readonly bounds?: readonly number[];
  readonly counts?: readonly number[];
}

/** Why a row was kept. `window`: near an incident; `severe`: a warning or an error; `sample`: for its share of the rest. */
export type LogReason = "window" | "severe" | "sample";
/** `error`: a span of its trace failed; `slow`: among the slowest of its service and minute; `new`: a request of it made other calls than usual. */
export type SpanReason = "window" | "error" | "slow" | "new" | "sample";

/** `share`: how likely one like it was to be kept, above 0, at most 1. Counting each row as 1 / `share` tells how many there were. */
export type LogRow = LogSignal & { readonly share: number; readonly keptFor: LogReason };
export type SpanRow = SpanSignal & { readonly share: number; readonly keptFor: SpanReason };

export interface Rows {
  readonly red: readonly RedRow[];
  readonly points: readonly PointRow[];
  readonly logs: readonly LogRow[];
  readonly spans: readonly SpanRow[];
}

export const noRows: Rows = { red: [], points: [], logs: [], spans: [] };

/** What is written at one time. */
export type Batch = Readonly<Record<KeptTier, Rows>>;

export const joinRows = (a: Rows, b: Rows): Rows => ({
  red: [...a.red, ...b.red],
  points: [...a.points, ...b.points],
  logs: [...a.logs, ...b.logs],
  spans: [...a.spans, ...b.spans],
});

export const countRows = (rows: Rows): number => archiveTables.reduce((n, table) => n + rows[table].length, 0);
