import type { Service } from "../signal/service.ts";
import type { StopState } from "./decision.ts";
import type { Restraints } from "./restraints.ts";
import type { RunFact } from "./run-fact.ts";

/** Everything a decision rests on beside the plan, the policies and the time. What is unknown narrows (I7). */
export interface DecisionFacts {
  /** The plan's service as the active care repo declares it; `undefined` when it does not: then nothing acts. */
  readonly service: Service | undefined;
  /** Confidence the plan's runbook wants, as the active care repo says now. */
  readonly confidenceMin: number;
  /** Runs of the last hours, long enough for the longest window of `restraints`; running ones too. */
  readonly history: readonly RunFact[];
  /** The plan's own run when it has started: it does not count against itself. */
  readonly ownRunId?: string;
  /** Live incidents in the plan's environment, this one too. */
  readonly liveIncidents: number;
  /** Runs at work in the plan's environment without this one; the larger of this and `history` counts. */
  readonly runningRuns: number;
  /** Names of the service's instances whose health check answers now; `undefined` when that could not be found out. */
  readonly healthyInstances: readonly string[] | undefined;
  readonly stop: StopState;
  readonly restraints: Restraints;
  /** False when the service's telemetry is missing or stale, so that the effect of an act could not be seen. */
  readonly telemetryKnown: boolean;
  /** Settings: approvals expire after this long unless a policy says less. */
  readonly approvalExpiresInMs: number;
}

/** Other runs: the plan's own does not restrain itself. */
export const otherRuns = (facts: DecisionFacts): readonly RunFact[] =>
  facts.history.filter((run) => run.runId !== facts.ownRunId);
