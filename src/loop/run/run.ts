import type { Digest } from "../../kernel/digest.ts";
import type { Json } from "../../kernel/json.ts";
import type { ActionName } from "../plan/runbook.ts";

/** `applied` and `not-applied` are facts about the target; `unknown` parks the run for a person. */
export type EffectState = "applied" | "not-applied" | "unknown";

/** What an actuator is asked to do. `key` is `<run id>/<step id>`, with `/undo` for its undo; the same over retries and take-overs. */
export interface ActionRequest {
  readonly key: string;
  readonly action: ActionName;
  readonly service: string;
  readonly parameters: Readonly<Record<string, Json>>;
  /** What `capture` saw before the first attempt; recorded with the intent (I2, H4). */
  readonly before: Json;
  readonly timeoutMs: number;
}

/** Written before the act (I2). */
export interface StepIntent {
  readonly key: string;
  readonly action: ActionName;
  readonly service: string;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly before: Json;
  readonly planDigest: Digest;
  readonly decisionDigest: Digest;
  readonly configCommit: string;
  readonly fencingToken: number;
  readonly atMs: number;
}

/** Written after it. */
export interface StepOutcome {
  readonly key: string;
  readonly effect: EffectState;
  readonly detail: string;
  /** What the target looked like afterwards, as the actuator saw it. Verification does not rest on it (I6). */
  readonly after?: Json;
  readonly attempts: number;
  readonly atMs: number;
}

/** `held`: a stop keeps it where it is. `stuck`: it met a defect, and nobody works on it. */
export type RunState =
  | "acting"
  | "held"
  | "verifying"
  | "succeeded"
  | "rolling-back"
  | "rolled-back"
  | "stood-down"
  | "stopped"
  | "parked"
  | "stuck";

/** The durable execution of one plan. */
export interface Run {
  readonly id: string;
  readonly incidentId: string;
  readonly planDigest: Digest;
  readonly state: RunState;
  readonly intents: readonly StepIntent[];
  readonly outcomes: readonly StepOutcome[];
  readonly startedAtMs: number;
  readonly endedAtMs?: number;
}
