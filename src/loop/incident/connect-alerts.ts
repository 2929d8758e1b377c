import type { AlertSignal } from "../signal/signal.ts";
import { calleesOf, type Topology } from "./topology.ts";

/**
 * Alerts of one environment as lists of those that belong together: about one service, or about services that call each
 * other, directly or through others that are alerted too (C1). No service of one list is next to one of another. Lists
 * and alerts stay in the order they came in.
 */
export function connectAlerts(alerts: readonly AlertSignal[], topology: Topology): AlertSignal[][] {
  const roots = new Map(alerts.map((a) => [a.service, a.service]));
  const rootOf = (service: string): string => {
    let root = service;
    for (let up = roots.get(root); up !== undefined && up !== root; up = roots.get(root)) root = up;
    roots.set(service, root);
    return root;
  };
  for (const service of roots.keys())
    for (const callee of calleesOf(topology, service))
      if (roots.has(callee)) roots.set(rootOf(service), rootOf(callee));
  return [...Map.groupBy(alerts, (a) => rootOf(a.service)).values()];
}
