import type { Evidence } from "../diagnosis.ts";

/** A place where it may have started, with what speaks for and against it. */
export interface Suspect {
  readonly place: string;
  /** The chance that it started here, 0 to at most 0.99, calibrated: of ten suspects of 0.7, seven are right. */
  readonly confidence: number;
  /** Evidence in nats, 0 and more; only its order and differences mean anything. */
  readonly score: number;
  /** What moved there most tellingly: a series' dimension, `calls to it`, a log template. Absent when nothing did. */
  readonly dimension?: string;
  /** The resource that moved most tellingly, where one did. */
  readonly resource?: string;
  /** When that was first seen. */
  readonly sinceMs?: number;
  readonly evidenceFor: readonly Evidence[];
  readonly evidenceAgainst: readonly Evidence[];
}

export interface Ranking {
  /** All places, the likeliest first; whoever scores the same is in the order they came in. */
  readonly suspects: readonly Suspect[];
  /** The chance that it started at none of them. */
  readonly nothingConfidence: number;
  /** False when `nothing credible` is the likeliest answer of all. */
  readonly isCredible: boolean;
  /** When it began, as told or as found; absent when neither. */
  readonly fromMs?: number;
  /** Kinds of evidence that were not there to look at. */
  readonly missing: readonly string[];
}
