import type { AlertSignal, ChangeSignal } from "../signal/signal.ts";
import type { Finding } from "../detection/finding.ts";

/** The lifecycle (C2). `stood-down` is an end like `resolved`: it ended without an act of ours that counted. */
export type IncidentState =
  | "open"
  | "diagnosing"
  | "awaiting-approval"
  | "remediating"
  | "verifying"
  | "resolved"
  | "stood-down"
  | "escalated"
  | "closed";

/** 1 is the worst. */
export type Severity = 1 | 2 | 3 | 4;

/** Who did it: Homeostat itself, a named person, or an outside system. */
export interface Actor {
  readonly kind: "homeostat" | "person" | "system";
  readonly name: string;
}

/** Findings and alerts that share a cause: the unit of healing. */
export interface Incident {
  readonly id: string;
  readonly environment: string;
  readonly state: IncidentState;
  readonly severity: Severity;
  /** Services with a firing finding or alert, the worst hurt first. */
  readonly services: readonly string[];
  readonly openedAtMs: number;
  /** Earliest `sinceMs` of its findings: when it began, as far as telemetry tells. */
  readonly sinceMs: number;
  readonly updatedAtMs: number;
  readonly endedAtMs?: number;
  /** When it was last escalated, and what fired then: ids of findings and fingerprints of alerts. */
  readonly escalatedAtMs?: number;
  readonly escalatedWith?: readonly string[];
  /** How many heals it has had, the one under way included; absent: one. An escalated incident may get another. */
  readonly heals?: number;
  readonly findings: readonly Finding[];
  readonly alerts: readonly AlertSignal[];
  readonly changes: readonly ChangeSignal[];
  readonly timeline: readonly TimelineEntry[];
  /** What came and was not kept, because a limit was reached; the audit log has it. Absent while all is kept. */
  readonly notKept?: NotKept;
  /** The incident that goes on in its place, since both turned out to have one cause. */
  readonly mergedInto?: string;
  /** Trace id of the OpenTelemetry trace from signal to outcome (M6). */
  readonly traceId: string;
}

/** How many of each were not kept. One that changes after it was not kept counts again. */
export interface NotKept {
  readonly findings: number;
  readonly alerts: number;
  readonly changes: number;
  /** Lines of the timeline. */
  readonly lines: number;
}

/** One line of the timeline a person follows (C5). */
export interface TimelineEntry {
  readonly atMs: number;
  readonly kind:
    "signal" | "finding" | "state" | "hypothesis" | "decision" | "approval" | "action" | "check" | "outcome" | "note";
  readonly actor: Actor;
  readonly text: string;
  /** Key of the audit record that proves this line, when there is one. */
  readonly record?: string;
}
