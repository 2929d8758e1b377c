/** What restraints know of one earlier or running run. */
export interface RunFact {
  readonly runId: string;
  readonly incidentId: string;
  readonly runbook: string;
  readonly service: string;
  readonly environment: string;
  /** `failed`: did not help, parked, stuck or could not be undone. `stood-down`: ended without an effect that counted. */
  readonly outcome: "running" | "succeeded" | "failed" | "stood-down";
  readonly startedAtMs: number;
  readonly endedAtMs?: number;
}
