/**
 * A service level objective, from OpenSLO v1 (B1). The budget is `1 - objective`; the burn rate of a window is the share
 * of bad requests in it over the budget.
 */
export interface Slo {
  readonly name: string;
  readonly service: string;
  readonly environment: string;
  /** 0 < objective < 1, for example 0.99. */
  readonly objective: number;
  /** Length of the budget's window, ms. */
  readonly windowMs: number;
  /** Bad is: an error; or slower than `thresholdMs` or an error. */
  readonly indicator: { readonly type: "errors" } | { readonly type: "duration"; readonly thresholdMs: number };
  readonly alerts: readonly BurnRateAlert[];
}

/**
 * One multi-window condition: burning in both windows at `factor` or more (Google SRE workbook, chapter 5). A window
 * that is only partly filled counts what it has and says so.
 */
export interface BurnRateAlert {
  readonly severity: "page" | "ticket";
  readonly longMs: number;
  readonly shortMs: number;
  readonly factor: number;
}
