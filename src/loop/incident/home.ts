import type { Group } from "./correlate.ts";
import type { Incident } from "./incident.ts";
import { beganTogether, calleesBelow, callersAbove, onsetOf, type Onset } from "./near.ts";
import { calleesOf, callersOf, type Topology } from "./topology.ts";
import { isLive } from "./transition.ts";

/** Services a group speaks of: those hurt, and the callee of a hurt edge. */
const servicesOf = (group: Pick<Group, "findings" | "alerts">): string[] => [
  ...new Set([
    ...group.findings.flatMap((f) => (f.edge ? [f.service, f.edge.to] : [f.service])),
    ...group.alerts.map((a) => a.service),
  ]),
];

/**
 * The live incident this group belongs to (C1), in the same environment: one that knows a finding or alert of it, else one with a
 * shared or directly connected service, else one that
 * began together with it and has one service between (`near.ts`). Of several the oldest.
 */
export function home(group: Group, live: readonly Incident[], topology: Topology): Incident | undefined {
  const own = servicesOf(group);
  const near = new Set(own.flatMap((s) => [s, ...callersOf(topology, s), ...calleesOf(topology, s)]));
  const oldest = live
    .filter((i) => i.environment === group.environment && isLive(i.state))
    .toSorted((a, b) => a.openedAtMs - b.openedAtMs);
  const next = oldest.find((i) => knows(i, group)) ?? oldest.find((i) => i.services.some((s) => near.has(s)));
  if (next || own.length === 0) return next;
  const further = new Set(own.flatMap((s) => [...callersAbove(topology, s), ...calleesBelow(topology, s)]));
  const began = onsetOf(onsetTimes(group), 0);
  return oldest.find((i) => i.services.some((s) => further.has(s)) && beganTogether(began, onsetOfIncident(i)));
}

/** That an alert is over must reach the incident that has it. */
const knows = (incident: Incident, { findings, alerts }: Group): boolean =>
  alerts.some((a) => incident.alerts.some((b) => b.fingerprint === a.fingerprint)) ||
  findings.some((f) => incident.findings.some((k) => k.id === f.id));

const onsetTimes = ({ findings, alerts }: Pick<Group, "findings" | "alerts">): number[] => [
  ...findings.map((f) => f.sinceMs),
  ...alerts.map((a) => a.startsAtMs),
];

/** When it began, and when the last of what it is about did. */
export const onsetOfIncident = (incident: Incident): Onset =>
  onsetOf([incident.sinceMs, ...onsetTimes(incident)], incident.sinceMs);
