import { createOtlpForwarder } from "../adapters/forwarder/otlp/otlp-forwarder.ts";
import type { ComponentStatus } from "../engine/operations.ts";
import type { TelemetrySignal } from "../loop/signal/signal.ts";
import type { Settings } from "../ports/config.ts";
import type { ForwardTarget, Forwarder } from "../ports/forwarder.ts";

/** Sends telemetry on to where the care repo says, if it says so. */
export interface Forwarding {
  take(signals: readonly TelemetrySignal[]): void;
  /** Where Homeostat itself listens: sending there would go round without end. */
  listensAt(urls: readonly string[]): void;
  status(): ComponentStatus[];
  counters(): Record<string, number>;
  close(): Promise<void>;
}

/** How long what waits is tried to be delivered when Homeostat stops. */
const closeMsMax = 5_000;

export function createForwarding(settings: () => Settings, make = createOtlpForwarder): Forwarding {
  let own: readonly string[] = [];
  const wanted = (): ForwardTarget | undefined => settings().telemetry.forward;
  const isCircle = ({ endpoint }: ForwardTarget): boolean => own.some((url) => isSame(url, endpoint));
  const forwarder: Forwarder = make({
    target: () => {
      const to = wanted();
      return to && !isCircle(to) ? to : undefined;
    },
  });
  return {
    take: (signals) => forwarder.take(signals),
    listensAt: (urls) => void (own = urls),
    status() {
      const to = wanted();
      if (!to) return [];
      const trouble = isCircle(to) ? `\`${to.endpoint}\` leads back to Homeostat itself` : forwarder.state().trouble;
      return [{ name: "telemetry forwarding", state: trouble === "" ? "ok" : "degraded", detail: trouble }];
    },
    counters(): Record<string, number> {
      const { sent, dropped, waiting } = forwarder.state();
      if (sent + dropped + waiting === 0) return {};
      return { forwardSent: sent, forwardDropped: dropped, forwardWaiting: waiting };
    },
    close: () => forwarder.close(closeMsMax),
  };
}

const loopback: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]"]);

/** By host and port; all names of this machine to itself are one. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [new URL(a), new URL(b)];
  const bothHere = loopback.has(one.hostname) && loopback.has(other.hostname);
  return one.port === other.port && (bothHere || one.hostname === other.hostname);
}
