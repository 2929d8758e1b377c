/** A value that was measured or computed for one moment. Always finite: what is no number is unknown and stays out (B7). */
export interface MetricPoint {
  readonly atMs: number;
  readonly value: number;
}

/** One series of an answer of a metrics store. Labels are untrusted texts, redacted before they get here (I9, I10). */
export interface MetricSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first; a moment nothing is known of is absent. */
  readonly points: readonly MetricPoint[];
}

/** The moments that were asked for: `fromMs`, and every `stepMs` after it up to and with `toMs`. */
export interface MetricWindow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

export const momentsOf = ({ fromMs, toMs, stepMs }: MetricWindow): number => Math.floor((toMs - fromMs) / stepMs) + 1;

/** The labels that tell a series from its siblings, as a person reads them; `""` for the only series of its kind. */
export const labelText = ({ labels }: MetricSeries): string => {
  const shown = Object.entries(labels).filter(([name]) => name !== "__name__");
  return shown.length === 0 ? "" : `{${shown.map(([name, value]) => `${name}="${value}"`).join(", ")}}`;
};
