import type { TelemetrySignal } from "../../loop/signal/signal.ts";
import type { Sight } from "./sight.ts";

/**
 * The same sight, that hands telemetry that was taken in to others too. What was refused as a whole comes again, and a defect of others
 * is told and no more: the sender must not send again what is counted already.
 */
export function passOn(
  sight: Sight,
  others: readonly { take(signals: readonly TelemetrySignal[]): void }[],
  log: (text: string) => void,
): Sight {
  let told = "";
  const hand = (signals: readonly TelemetrySignal[]): void => {
    for (const other of others)
      try {
        other.take(signals);
      } catch (error) {
        const text = `telemetry is not passed on: ${error instanceof Error ? error.message : String(error)}`;
        if (text !== told) log(text);
        told = text;
      }
  };
  return {
    ...sight,
    intake: {
      telemetry(signals) {
        const taken = sight.intake.telemetry(signals);
        if (taken.dropped < signals.length) hand(signals);
        return taken;
      },
    },
  };
}
