import type { JsonObject } from "../../kernel/json.ts";
import type { Actor } from "../incident/incident.ts";

/** What happened, in the past tense. Persisted words are for ever: members are added, never renamed. */
export type RecordType =
  | "alert.received"
  | "change.received"
  | "change.observed"
  | "finding.raised"
  | "finding.cleared"
  | "incident.opened"
  | "incident.transitioned"
  | "incident.merged"
  | "diagnosis.made"
  | "plan.proposed"
  | "decision.made"
  | "approval.requested"
  | "approval.answered"
  | "approval.consumed"
  | "approval.expired"
  | "run.started"
  | "step.intended"
  | "step.completed"
  | "gate.checked"
  | "verification.concluded"
  | "rollback.started"
  | "rollback.concluded"
  | "run.held"
  | "run.resumed"
  | "run.ended"
  | "outcome.reached"
  | "escalation.sent"
  | "notification.sent"
  | "stop.set"
  | "stop.lifted"
  | "config.activated"
  | "config.refused"
  | "known-good.recorded"
  | "login.succeeded"
  | "login.refused"
  | "token.created"
  | "controller.started"
  | "controller.stopped"
  | "telemetry.dropped";

/**
 * One audit record (K1, K2): who, what, why, on what evidence, under which config commit. `key` is unique: appending the
 * same key again is the same record, so a retried append adds nothing. Already redacted when made (I10).
 */
export interface AuditRecord {
  readonly v: 1;
  readonly key: string;
  readonly type: RecordType;
  readonly atMs: number;
  readonly actor: Actor;
  /** Incident, run or service it concerns. */
  readonly subject: string;
  readonly configCommit: string;
  readonly body: JsonObject;
}
