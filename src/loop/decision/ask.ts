import type { JsonObject } from "../../kernel/json.ts";

/** One of the three questions (see docs): may it act alone, may it act once approved, may this person approve. */
export interface PolicyQuestion {
  readonly question: "act" | "act-with-approval" | "approve" | "operate";
  /** The runbook that would act, or the person who would approve or operate. */
  readonly principal: {
    readonly type: "Runbook" | "Person" | "Machine";
    readonly id: string;
    readonly attributes: JsonObject;
  };
  readonly resource: {
    readonly type: "Service" | "Plan" | "Control";
    readonly id: string;
    readonly attributes: JsonObject;
  };
  readonly context: JsonObject;
}

export interface PolicyAnswer {
  readonly allowed: boolean;
  /** Ids of the policies that determined the answer, sorted. */
  readonly policies: readonly string[];
  /** Annotations of the determining permits: the strictest value of each. */
  readonly annotations: Readonly<Record<string, string>>;
  /** `@reason` texts of those policies, by policy id; a policy without one is not in it. */
  readonly reasons?: Readonly<Record<string, string>>;
  /** The file each of those policies stands in, by policy id, where the engine knows. */
  readonly files?: Readonly<Record<string, string>>;
  /** Evaluation errors: any of them makes `allowed` false. */
  readonly errors: readonly string[];
}

/** A pure function of its argument: the same question gets the same answer under one config commit. */
export type Ask = (question: PolicyQuestion) => PolicyAnswer;
