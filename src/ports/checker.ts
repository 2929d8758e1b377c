import type { SyntheticTransaction } from "../loop/signal/service.ts";

export interface CheckAnswer {
  /** Absent when it could not be told. */
  readonly well?: boolean;
  readonly text: string;
}

/** Looks at a service from outside, as its users would. Never throws; reads only, bounded by its own timeout. */
export interface Checker {
  health(url: string, timeoutMs: number): Promise<CheckAnswer>;
  transaction(transaction: SyntheticTransaction): Promise<CheckAnswer>;
}
