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

/** Which of a service's instances stands out from the others. */
export interface RankedInstance {
  readonly name: string;
  /** 0 to at most 0.99. */
  readonly confidence: number;
  /** What moved there most tellingly. */
  readonly dimension?: string;
}

/** A service where it may start, by all that was recorded of it. */
export interface RankedPlace {
  readonly service: string;
  /** The chance that it starts here, 0 to at most 0.99, calibrated on public sets (`docs/benchmarks.md`). */
  readonly confidence: number;
  /** What moved there most tellingly: `latency`, a metric's name, a line of its log. Absent when nothing did. */
  readonly dimension?: string;
  /** The metric that moved most, where one did. */
  readonly resource?: string;
  /** When that was first seen. */
  readonly sinceMs?: number;
  /** Absent where none stands out, or no telemetry tells its instances apart. */
  readonly instance?: RankedInstance;
  readonly evidenceFor: readonly Evidence[];
  readonly evidenceAgainst: readonly Evidence[];
}

/** Where it starts, from requests, resources, traces, logs, changes and calls together, whatever the cause. */
export interface PlaceRanking {
  /** The likeliest first, at most five. */
  readonly places: readonly RankedPlace[];
  /** The chance that it starts at none of the places that were looked at. */
  readonly nothingConfidence: number;
  /** False when `nothing credible` is the likeliest answer. */
  readonly isCredible: boolean;
  /** What was not there to look at, and what there was no room for. */
  readonly missing: readonly string[];
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
  /** Where it starts by all telemetry together; absent where none was looked at, and in diagnoses of before there was one. */
  readonly ranking?: PlaceRanking;
  /** Digest of everything the ranking read: telemetry, findings, changes, topology, target states. */
  readonly inputs: Digest;
}
