import type { Dimension } from "../../detection/finding.ts";
import type { ChangeSignal } from "../../signal/signal.ts";
import type { Cause } from "../diagnosis.ts";
import type { Pattern } from "./pattern.ts";

/** Nats one clue may speak, and all clues of a signature together: what they see has often one origin, so they are not independent. */
export const weightMax = 5;
export const weightsMax = 8;
/** A signature that saw less than this, in nats, says nothing: an alert's name or a line of a log is enough, a bare symptom is not. */
export const tellingMin = 2;
/** Bounds of one signature (I11): clues, members of a group, patterns or names of one clue. */
export const cluesMax = 16;
export const membersMax = 6;
export const patternsMax = 40;

/** A line of the service's log says one of these, and none of `unless`. */
export interface LogMatcher {
  readonly type: "log";
  readonly says: readonly Pattern[];
  readonly unless: readonly Pattern[];
}

/** An alert of one of these names, or of any where none is named, fires for the service, with each of the labels saying one of what is named for it. */
export interface AlertMatcher {
  readonly type: "alert";
  readonly names: readonly Pattern[];
  readonly labels: Readonly<Record<string, readonly Pattern[]>>;
}

/** One instance ended by itself, at least so often in ten minutes, with one of these codes or signals; neither named: in whatever way. */
export interface ExitMatcher {
  readonly type: "exit";
  readonly codes: readonly number[];
  readonly signals: readonly string[];
  readonly atLeast: number;
}

/** How a series has to look. The share is of another metric's value, of the same instance where both name one. */
export type MetricCondition =
  | { readonly is: "above" | "below"; readonly value: number; readonly shareOf: readonly string[] }
  /** Rises or falls, step by step, to that many times what it was, or to one in so many. */
  | { readonly is: "grows" | "shrinks"; readonly value: number }
  /** Since the onset that many times what it was before, or one in so many. */
  | { readonly is: "jumps" | "drops"; readonly value: number }
  /** It moved before the onset and does not since. */
  | { readonly is: "stops" };

/** A series by one of these names, of OpenTelemetry or of Prometheus, looks so. Dots and underscores are the same. */
export interface MetricMatcher {
  readonly type: "metric";
  readonly names: readonly string[];
  readonly attributes: Readonly<Record<string, readonly Pattern[]>>;
  readonly condition: MetricCondition;
}

/** A finding fires about the service itself, about calls it makes, or about calls others make to it. */
export interface FindingMatcher {
  readonly type: "finding";
  readonly dimensions: readonly Dimension[];
  readonly directions: readonly ("above" | "below" | "present" | "absent")[];
  readonly at: "own" | "calls" | "callers";
}

/** Somebody changed the service so shortly before the first symptom. */
export interface ChangeMatcher {
  readonly type: "change";
  readonly changes: readonly ChangeSignal["change"][];
  readonly withinMs: number;
}

/** What looking at the target shows: an instance is down; alive and silent; all are well; they run different releases. */
export interface TargetMatcher {
  readonly type: "target";
  readonly is: "down" | "hung" | "well" | "mixed-releases";
}

/** Calls over an edge failed with one of these HTTP statuses: calls it makes, or calls it answers. */
export interface CallMatcher {
  readonly type: "calls";
  readonly at: "made" | "answered";
  readonly statuses: readonly number[];
  readonly atLeast: number;
}

/** A service it calls is hurt by its own telemetry or alerts, has an instance down or silent, or each one known is well. */
export interface DependencyMatcher {
  readonly type: "dependency";
  readonly is: "hurt" | "down" | "well";
}

export type Matcher =
  | LogMatcher
  | AlertMatcher
  | ExitMatcher
  | MetricMatcher
  | FindingMatcher
  | ChangeMatcher
  | TargetMatcher
  | CallMatcher
  | DependencyMatcher;

/** One of several, or all of them together. Groups do not hold groups. */
export interface Group {
  readonly type: "any" | "all";
  readonly of: readonly Matcher[];
}

/** Something to look for, and how much it speaks when it is there: a log-likelihood ratio in nats, up to `weightMax`. */
export interface Clue {
  readonly weight: number;
  readonly look: Matcher | Group;
}

/** A known failure mode as data (D2): which cause it names, what speaks for it and against it, and what people should know of it. */
export interface Signature {
  readonly name: string;
  readonly version: string;
  readonly owner: string;
  readonly cause: Cause;
  /** What went wrong, in one line. */
  readonly title: string;
  /** What people do about it. */
  readonly advice: string;
  readonly for: readonly Clue[];
  readonly against: readonly Clue[];
}
