import { createHash } from "node:crypto";
import type { ComponentStatus } from "../../engine/operations.ts";
import type { TelemetrySignal } from "../../loop/signal/signal.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Signer } from "../../ports/signer.ts";
import type { Sight } from "./sight.ts";

/** Names an installation in the telemetry it sends on: the same for all its controllers, which share the audit log's key. */
export const installationId = ({ publicKey }: Pick<Signer, "publicKey">): string =>
  createHash("sha256").update(publicKey).digest("hex").slice(0, 16);

/** A circle is told of for so long after something came back. */
const toldMs = 600_000;

/** Leaves out what this installation sent on itself, whichever way it came back: it was counted when it came first. */
export interface RoundTrip {
  readonly sight: Sight;
  status(): ComponentStatus[];
  counters(): Record<string, number>;
}

export function createRoundTrip(sight: Sight, id: string, clock: Clock): RoundTrip {
  let [returned, returnedMs] = [0, -Infinity];
  const isOwn = ({ via }: TelemetrySignal): boolean => via !== undefined && via.split(",").includes(id);
  return {
    sight: {
      ...sight,
      intake: {
        telemetry(signals) {
          if (!signals.some(isOwn)) return sight.intake.telemetry(signals);
          const fresh = signals.filter((s) => !isOwn(s));
          returned += signals.length - fresh.length;
          returnedMs = clock.nowMs();
          return fresh.length > 0 ? sight.intake.telemetry(fresh) : { dropped: 0, why: "" };
        },
      },
    },
    status: () =>
      clock.nowMs() - returnedMs > toldMs
        ? []
        : [
            {
              name: "telemetry circle",
              state: "degraded",
              detail: `${returned} signals that were sent on came back and were left out: somebody in the chain sends them here`,
            },
          ],
    counters: (): Record<string, number> => (returned === 0 ? {} : { telemetryReturned: returned }),
  };
}
