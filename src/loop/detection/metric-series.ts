/** The recent past of one series of a service, as diagnosis reads it. */
export interface MetricSeries {
  readonly name: string;
  readonly instance?: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Oldest first; values of a gauge, and of a counter its growth in one second. Beyond the onset in both directions where known. */
  readonly points: readonly { readonly timeMs: number; readonly value: number }[];
}
