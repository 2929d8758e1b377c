import type { TelemetrySignal } from "../loop/signal/signal.ts";
import type { TelemetrySettings } from "./config.ts";

/** Where telemetry is sent on to. */
export type ForwardTarget = NonNullable<TelemetrySettings["forward"]>;

export interface ForwarderState {
  readonly sent: number;
  /** What did not fit into the queue, was refused, or failed too often. */
  readonly dropped: number;
  readonly waiting: number;
  /** What is wrong now, in words; empty when nothing is. */
  readonly trouble: string;
}

/** Sends telemetry on to somebody else, as it was received. Intake never waits for it. */
export interface Forwarder {
  /** Never waits and never throws; what finds no room is dropped and counted (A10). */
  take(signals: readonly TelemetrySignal[]): void;
  state(): ForwarderState;
  /** Tries once more to send what waits, for at most `withinMs`. */
  close(withinMs: number): Promise<void>;
}
