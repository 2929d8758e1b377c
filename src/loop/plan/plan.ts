import type { Digest } from "../../kernel/digest.ts";
import type { Json } from "../../kernel/json.ts";
import type { ActionName, Gate, Risk } from "./runbook.ts";

/** A runbook step bound to its target, with literal parameters. */
export interface PlanStep {
  /** Unique in the plan; with the run id it makes the idempotency key `<run>/<step>`. */
  readonly id: string;
  readonly action: ActionName;
  readonly service: string;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly when?: string;
  readonly timeoutMs: number;
  readonly attemptsMax: number;
  readonly gates: readonly Gate[];
  /** Bound except for `${before...}`, which is filled from the recorded intent. Keys end in `/undo`, `/undo.2`, … */
  readonly undo:
    | readonly { readonly action: ActionName; readonly with: Readonly<Record<string, Json>> }[]
    | { readonly irreversible: string };
  /** Instances this step touches, for blast radius and minimum healthy. */
  readonly instances: readonly string[];
}

/** One runbook version bound to a target and parameters (F3). The same inputs give the same digest. */
export interface Plan {
  readonly v: 1;
  readonly incidentId: string;
  readonly hypothesisId: string;
  readonly runbook: {
    readonly name: string;
    readonly version: string;
    readonly digest: Digest;
    readonly risk: Risk;
    readonly escalates: boolean;
  };
  readonly service: string;
  readonly environment: string;
  /** Confidence of the hypothesis when planned. */
  readonly confidence: number;
  /** Confidence the runbook needs for it; less when acting is refused. */
  readonly confidenceNeeded?: number;
  /** Digest of the care repo's content (the Git commit when it has one) the plan was made under. */
  readonly configCommit: string;
  /** Digest of the target's observed state the plan is bound to: if it changed before acting, stand down. */
  readonly targetState: Digest;
  readonly preconditions: readonly { readonly expression: string; readonly otherwise: string }[];
  readonly steps: readonly PlanStep[];
  readonly verify: {
    readonly gates: readonly Gate[];
    readonly withinMs: number;
    readonly bakeMs: number;
    readonly inconclusive: "hold" | "rollback";
  };
  readonly expected: string;
}
