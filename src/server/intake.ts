import type { ControlSignal, TelemetrySignal } from "../loop/signal/signal.ts";

/** Where receivers hand over what they parsed. */
export interface Intake {
  /**
   * Takes a whole parsed request at once, in memory, bounded. Returns how many could not be taken because a limit was
   * reached; those are counted in the status and answered as partial success, never silently lost.
   */
  telemetry(signals: readonly TelemetrySignal[]): { readonly dropped: number; readonly why: string };
  /** Alerts and changes: durable once this resolves, and only then answered 2xx (A10). Rejects with AdapterError when it cannot. */
  control(items: readonly { readonly id: string; readonly signal: ControlSignal }[]): Promise<void>;
}
