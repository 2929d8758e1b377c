import type { Digest } from "../../kernel/digest.ts";
import type { Json } from "../../kernel/json.ts";
import type { Cause } from "../diagnosis/diagnosis.ts";

/** How much a runbook can do wrong. Thresholds of evidence and approvals follow it. */
export type Risk = "none" | "low" | "medium" | "high";

/** A step's action: `<actuator>.<action>`, for example `release.switch`. */
export type ActionName = `${string}.${string}`;

/**
 * A gate: what must be observed before going on. Every gate answers pass, fail or inconclusive.
 * `slo`: the service's SLO burn over the last `forMs` is under 1. `health`: the instances' health checks answer.
 * `red`: errors or duration of the service are back within the expected band. `synthetic`: the service's declared
 * synthetic transactions succeed. `dependents`: callers see the service well again. `promql`: every value of every series
 * that a query to the environment's Prometheus gives holds for `forMs`. `condition`: a CEL expression over `service`,
 * `target` and `red` facts.
 */
export type Gate =
  | { readonly type: "slo" | "red" | "dependents"; readonly forMs: number; readonly service?: string }
  | {
      readonly type: "health" | "synthetic";
      readonly successes: number;
      readonly service?: string;
      readonly instance?: string;
    }
  | QueryGate
  | { readonly type: "condition"; readonly expression: string };

export interface QueryGate {
  readonly type: "promql";
  /** In a runbook a template; in a plan it is filled. */
  readonly query: string;
  readonly comparison: "<" | "<=" | ">" | ">=";
  readonly threshold: number;
  readonly forMs: number;
  readonly service?: string;
}

export interface RunbookStep {
  readonly id: string;
  readonly action: ActionName;
  /** Parameter templates: texts may hold `${cel}`; anything else is literal. */
  readonly with: Readonly<Record<string, Json>>;
  /** Repeat once per member of this CEL list (`target.instances`), one after another, `each` bound in `with`. */
  readonly forEach?: string;
  /** CEL condition that must hold right before the step, else the run stands down. */
  readonly when?: string;
  readonly timeoutMs: number;
  /** Attempts at most, for failures the actuator calls retryable. */
  readonly attemptsMax: number;
  /** Gates after this step (after each repetition), before the next. */
  readonly gates: readonly Gate[];
  /** I5: the undo, done in order, or why there is none. */
  readonly undo: readonly UndoTemplate[] | { readonly irreversible: string };
}

/** Undo parameters may use `${before...}`: what the step's actuator captured first. `forEach` as in a step. */
export interface UndoTemplate {
  readonly action: ActionName;
  readonly with: Readonly<Record<string, Json>>;
  readonly forEach?: string;
}

/** A parsed, validated runbook. Its digest is of the canonical spec, so a changed comment does not change it. */
export interface Runbook {
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  readonly digest: Digest;
  readonly owner: string;
  readonly reviewers: readonly string[];
  readonly description: string;
  readonly causes: readonly Cause[];
  readonly risk: Risk;
  /** Confidence a hypothesis needs before this runbook is proposed for it. */
  readonly confidenceMin: number;
  /** CEL conditions over `target`, `service`, `hypothesis`, `incident`; all must hold when planning and again before acting. */
  readonly preconditions: readonly { readonly expression: string; readonly otherwise: string }[];
  readonly steps: readonly RunbookStep[];
  /** Gates after the last step: all must pass within `withinMs`. */
  readonly verify: {
    readonly gates: readonly Gate[];
    readonly withinMs: number;
    readonly bakeMs: number;
    readonly inconclusive: "hold" | "rollback";
  };
  /** Expected effect, for people. */
  readonly expected: string;
  /** `escalate` is no act on a target: it tells a person. */
  readonly escalates: boolean;
}
