import type { AlertSignal } from "../signal/signal.ts";
import { beganTogether, calleesBelow, onsetOf, type Onset } from "./near.ts";
import { createRoots } from "./roots.ts";
import { sharedCallees } from "./shared-callees.ts";
import { calleesOf, type Topology } from "./topology.ts";

/**
 * Alerts of one environment as lists of those that belong together: about one service, about services that call each
 * other, directly or through others that are alerted too, or with one between that nobody alerted, when they began
 * together, or about many that call one that nobody alerted (C1; `near.ts` and `shared-callees.ts` have the rules). No service of one list is next to one of another. Lists and alerts stay in the
 * order they came in.
 */
export function connectAlerts(alerts: readonly AlertSignal[], topology: Topology): AlertSignal[][] {
  const onsets = onsetsOf(alerts);
  const shared = sharedCallees(onsets, topology);
  const roots = createRoots([...onsets.keys(), ...shared.keys()]);
  for (const [service, onset] of onsets) {
    for (const callee of calleesOf(topology, service)) if (onsets.has(callee)) roots.join(service, callee);
    for (const below of calleesBelow(topology, service)) {
      const other = onsets.get(below);
      if (other && beganTogether(onset, other)) roots.join(service, below);
    }
  }
  for (const [callee, { callers }] of shared) for (const caller of callers) roots.join(caller, callee);
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
