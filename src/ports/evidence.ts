import type { Result } from "../kernel/result.ts";
import type { MetricSeries, MetricWindow } from "../loop/signal/metric-series.ts";

/** What a metrics store answered. No series is no evidence: unknown, never zero and never well (B7). */
export interface EvidenceAnswer {
  readonly series: readonly MetricSeries[];
  /** Values left out because they are no finite number. */
  readonly unknown: number;
  /** What the store itself warns of: a part of its data did not answer, say. Bounded, redacted. */
  readonly warnings: readonly string[];
}

/**
 * A store of metrics that others fill, asked for evidence (A5). Queries are PromQL: the language is part of the port. Reads
 * only. Rejects with an AdapterError: `unreachable`, `timeout`, `busy`, `failed` and `no-secret` may go over by themselves and
 * are retryable; `bad-query`, `unauthorised`, `redirected`, `malformed` and `too-much` do not. An answer is whole or none: more
 * series or bytes than the limits allow are `too-much`, never a part that looks like the whole (I11).
 */
export interface EvidenceSource {
  /** For people; holds no secret. */
  readonly name: string;
  /** One moment. A newest sample that is older than the source's stated age counts as missing (B7). */
  at(query: string, atMs: number): Promise<EvidenceAnswer>;
  /** Every moment of a window, at most `momentsMax`. */
  over(query: string, window: MetricWindow): Promise<EvidenceAnswer>;
  /** How long before a moment data may lie that counts for it, ms; undefined when that cannot be told from the query. */
  reachMs(query: string): number | undefined;
}

export const evidenceLimits = { seriesMax: 100, momentsMax: 1_000, bytesMax: 4 * 1024 * 1024 } as const;

/** What can be told of a query without a store. Whether its metrics exist and its types fit, only a store can say. */
export interface QueryLanguage {
  /** How far back it looks, or why it is no query: `line 1, column 7: …`. */
  read(query: string): Result<QueryReach, string>;
}

export interface QueryReach {
  /** The longest range with its offset, ms; undefined when it is computed or pinned to a time. */
  readonly rangeMs: number | undefined;
  /** Reads newest samples, which may be as old as the store lets them be. */
  readonly newest: boolean;
}
