/** Calls over an edge that failed lately with one status, as traces tell. `to` is absent for a call nobody is known to answer. */
export interface FailedCalls {
  readonly from?: string;
  readonly to?: string;
  /** HTTP or RPC status; absent when the call got none: refused, reset, timed out. */
  readonly status?: number;
  readonly count: number;
  readonly lastMs: number;
}
