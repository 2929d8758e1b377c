import type { AlertSignal } from "../signal/signal.ts";
import { beganTogether, calleesBelow, onsetOf, type Onset } from "./near.ts";
import { createRoots } from "./roots.ts";
import { calleesOf, type Topology } from "./topology.ts";

/**
 * Alerts of one environment as lists of those that belong together: about one service, about services that call each
 * other, directly or through others that are alerted too, or with one between that nobody alerted, when they began
 * together (C1; `near.ts` has the rule). No service of one list is next to one of another. Lists and alerts stay in the
 * order they came in.
 */
export function connectAlerts(alerts: readonly AlertSignal[], topology: Topology): AlertSignal[][] {
  const onsets = onsetsOf(alerts);
  const roots = createRoots(onsets.keys());
  for (const [service, onset] of onsets) {
    for (const callee of calleesOf(topology, service)) if (roots.has(callee)) roots.join(service, callee);
    for (const below of calleesBelow(topology, service)) {
      const other = onsets.get(below);
      if (other && beganTogether(onset, other)) roots.join(service, below);
    }
  }
  return [...Map.groupBy(alerts, (a) => roots.rootOf(a.service)).values()];
}

const onsetsOf = (alerts: readonly AlertSignal[]): Map<string, Onset> =>
  new Map(
    [...Map.groupBy(alerts, (a) => a.service)].map(([service, own]) => [
      service,
      onsetOf(
        own.map((a) => a.startsAtMs),
        0,
      ),
    ]),
  );
