/**
 * How much Homeostat may do, whatever policy permits (E3). From the care repo's Settings; what is absent there has the
 * shipped, narrow default. All are upper bounds except `minHealthy`, which a Service declares.
 */
export interface Restraints {
  readonly rate: {
    readonly perService: number;
    readonly perRunbook: number;
    readonly perEnvironment: number;
    readonly windowMs: number;
  };
  /** Between the end of a run and the start of another with the same runbook on the same service. */
  readonly cooldownMs: number;
  /** Runs at once in one environment. */
  readonly concurrencyMax: number;
  /** Share of a service's instances one step may touch, 0 to 1; a step always may touch one if `minHealthy` allows. */
  readonly blastRadiusMax: number;
  readonly freezes: readonly {
    readonly fromMs: number;
    readonly toMs: number;
    readonly environments: readonly string[];
    readonly reason: string;
  }[];
  /** At this many live incidents, or more, in one environment a person is asked. */
  readonly stormAt: number;
  /** This many failed runs of one runbook on one service within the window open the breaker. */
  readonly breaker: { readonly failures: number; readonly windowMs: number };
}

export const defaultRestraints: Restraints = {
  rate: { perService: 3, perRunbook: 5, perEnvironment: 10, windowMs: 3_600_000 },
  cooldownMs: 600_000,
  concurrencyMax: 2,
  blastRadiusMax: 0.5,
  freezes: [],
  stormAt: 5,
  breaker: { failures: 2, windowMs: 3_600_000 },
};
