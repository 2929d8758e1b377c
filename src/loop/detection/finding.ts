import type { Digest } from "../../kernel/digest.ts";

/** What a finding is about. One finding speaks of one dimension of one service, or of one edge of the call graph; a `joint` one of several. */
export type Dimension =
  | "errors"
  | "duration"
  | "rate"
  | "burn-rate"
  | "logs"
  | "alert"
  | "absence"
  | "health"
  | "saturation"
  | "structure"
  | "metrics"
  | "joint";

/** A side of a service that is judged together with the others: the golden signals, the USE method, and what it calls. */
export type JointDimension = "latency" | "errors" | "traffic" | "saturation" | "queue" | "dependency" | "other";

/** What one dimension adds to a finding about several. */
export interface Contribution {
  readonly dimension: JointDimension;
  /** 0 to 1; those of a finding add up to 1. In proportion to the logarithm of `chance`. */
  readonly share: number;
  /** How probable as much of it is by chance in usual times. */
  readonly chance: number;
  /** Whether requests served, calls made or the service's metrics show it. */
  readonly from: "requests" | "calls" | "metrics";
  /** What is seen and what is usual. */
  readonly text: string;
}

/** A call-graph edge: `from` calls `to`. */
export interface Edge {
  readonly from: string;
  readonly to: string;
}

/**
 * A detector's explained statement that something is off, or back to normal (B3). A person can read it, a test can
 * check it. `id` stays the same from the first firing to the clearing, so a later one replaces an earlier one.
 */
export interface Finding {
  readonly id: string;
  readonly service: string;
  readonly environment: string;
  readonly dimension: Dimension;
  /** Set when the finding is about calls over this edge, as its caller saw them. */
  readonly edge?: Edge;
  readonly instance?: string;
  readonly version?: string;
  readonly state: "firing" | "cleared";
  readonly direction: "above" | "below" | "present" | "absent";
  /** What would have been normal, in `unit`. `null` where no baseline exists: then the threshold alone decided. */
  readonly expected: { readonly low: number; readonly mid: number; readonly high: number } | null;
  readonly observed: number;
  readonly unit: string;
  /** 0 to 1: the probability-like share of normal time in which one would see less extreme data than this. */
  readonly unusualness: number;
  readonly sinceMs: number;
  readonly atMs: number;
  /** Ids of firing findings of other dimensions or neighbours that say the same. */
  readonly agreeing: readonly string[];
  /** Digest of the aggregated telemetry this rests on: the buckets, the alert, the log template. */
  readonly telemetry: Digest;
  /** How urgent a burning SLO is by its own alert rule; set for `burn-rate` only. */
  readonly urgency?: "page" | "ticket";
  /** SLO name for `burn-rate`, alert name for `alert`, template text for `logs`. */
  readonly subject?: string;
  /** The dimensions a `joint` finding rests on, the most telling first. */
  readonly contributions?: readonly Contribution[];
  /** One plain sentence for a person: what, expected, observed, since when. */
  readonly summary: string;
}
