import { createOtlpForwarder } from "../../adapters/forwarder/otlp/otlp-forwarder.ts";
import type { ComponentStatus } from "../../engine/operations.ts";
import type { TelemetrySignal } from "../../loop/signal/signal.ts";
import type { Settings } from "../../ports/config.ts";
import type { ForwardTarget, Forwarder } from "../../ports/forwarder.ts";

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

/** What went through so many installations is not sent on any further. */
const installationsMax = 8;

/** `by`: the id of this installation, see `installationId`. */
export function createForwarding(settings: () => Settings, by: string, make = createOtlpForwarder): Forwarding {
  let own: readonly string[] = [];
  let tooFar = 0;
  const wanted = (): ForwardTarget | undefined => settings().telemetry.forward;
  const isCircle = ({ endpoint }: ForwardTarget): boolean => own.some((url) => isSame(url, endpoint));
  const forwarder: Forwarder = make({
    by,
    target: () => {
      const to = wanted();
      return to && !isCircle(to) ? to : undefined;
    },
  });
  return {
    take(signals) {
      if (!wanted()) return;
      const fit = signals.some(wentFar) ? signals.filter((s) => !wentFar(s)) : signals;
      tooFar += signals.length - fit.length;
      forwarder.take(fit);
    },
    listensAt: (urls) => void (own = urls),
    status() {
      const to = wanted();
      if (!to) return [];
      const trouble = isCircle(to) ? `\`${to.endpoint}\` leads back to Homeostat itself` : forwarder.state().trouble;
      return [{ name: "telemetry forwarding", state: trouble === "" ? "ok" : "degraded", detail: trouble }];
    },
    counters(): Record<string, number> {
      const { sent, dropped, waiting } = forwarder.state();
      if (sent + dropped + waiting + tooFar === 0) return {};
      return { forwardSent: sent, forwardDropped: dropped + tooFar, forwardWaiting: waiting };
    },
    close: () => forwarder.close(closeMsMax),
  };
}

const wentFar = ({ via }: TelemetrySignal): boolean => via !== undefined && via.split(",").length >= installationsMax;

const loopback: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]"]);

/** By host and port; all names of this machine to itself are one. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [new URL(a), new URL(b)];
  const bothHere = loopback.has(one.hostname) && loopback.has(other.hostname);
  return one.port === other.port && (bothHere || one.hostname === other.hostname);
}
