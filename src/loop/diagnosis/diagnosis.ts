import type { Digest } from "../../kernel/digest.ts";
import type { OperationMoved } from "./operations-moved.ts";

/** What can be wrong, in the words runbooks match on. Signatures (D2) may add more, so this is text with known members. */
export type Cause =
  | "bad-release"
  | "bad-config"
  | "bad-flag"
  | "crash-loop"
  | "dependency-hang"
  | "overload"
  | "telemetry-loss"
  | "unknown"
  | (string & {});

/** One piece of evidence: what was seen, and how much it speaks. */
export interface Evidence {
  /** Short stable word: `version-skew`, `onset-first`, `change-before-onset`, `errors-originate-here` … */
  readonly kind: string;
  /** Log-likelihood weight in nats, > 0; which list it stands in gives the sign. */
  readonly weight: number;
  readonly text: string;
  /** Ids of findings, alerts or changes this rests on. */
  readonly refs: readonly string[];
}

/** A signature that names the cause, and what it tells people (D2). */
export interface Explanation {
  /** Its name and version in the care repo. */
  readonly signature: string;
  readonly version: string;
  readonly title: string;
  /** What people do about it. */
  readonly advice: string;
  /** What it would have looked at and was not there; it speaks neither for nor against. */
  readonly missing: readonly string[];
}

export interface Hypothesis {
  readonly id: string;
  readonly service: string;
  readonly instance?: string;
  readonly cause: Cause;
  /** The change held responsible, when one is known. */
  readonly changeId?: string;
  /** The flag, file or key held responsible. */
  readonly subject?: string;
  readonly evidenceFor: readonly Evidence[];
  readonly evidenceAgainst: readonly Evidence[];
  /** Absent where no signature of the care repo names it. */
  readonly explanations?: readonly Explanation[];
  /** 0 to at most 0.99: never 1. */
  readonly confidence: number;
  /** How sure it is that it starts at this service, whatever went wrong there: all its hypotheses together, at most 0.99. */
  readonly placeConfidence?: number;
}

/** Ranked hypotheses, the most credible first. Empty `hypotheses` means nothing credible was found, and says why. */
export interface Diagnosis {
  readonly incidentId: string;
  readonly atMs: number;
  readonly hypotheses: readonly Hypothesis[];
  /** What was not there to look at: `no traces for cart`, `no change events` … */
  readonly missing: readonly string[];
  /** Operations that are not as they were before it began, what they wait for, and traces that show it; absent where none is known. */
  readonly operations?: readonly OperationMoved[];
  /** Digest of everything the ranking read: findings, changes, topology, target states. */
  readonly inputs: Digest;
}
