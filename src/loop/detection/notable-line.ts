/** Lines of a log that are alike but for their numbers, told by the latest of them. Redacted before it came here (I10); data, not words of ours (I9). */
export interface NotableLine {
  /** At most 500 characters. */
  readonly text: string;
  /** OpenTelemetry severity number of the latest, 0 when unknown. */
  readonly severity: number;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** The instance that wrote them, when all came from one. */
  readonly instance?: string;
  /** The finding they became, when it is a finding. */
  readonly finding?: string;
}
