import type { Group } from "./correlate.ts";
import type { Incident } from "./incident.ts";
import { beganTogether, calleesBelow, callersAbove, onsetOf } from "./near.ts";
import { onsetOfIncident, onsetOfService, onsetTimes } from "./onset.ts";
import { sharedCallees, type SharedCallee } from "./shared-callees.ts";
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
 * shared or directly connected service, else one that began together with it and has one service between (`near.ts`), or many
 * that call what the group calls (`shared-callees.ts`). Of several the oldest.
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
  return (
    oldest.find((i) => i.services.some((s) => further.has(s)) && beganTogether(began, onsetOfIncident(i))) ??
    oldest.find((i) => [...sharedOf(i, topology)].some(([s, { onset }]) => near.has(s) && beganTogether(began, onset)))
  );
}

/** Kept by incident and topology, which are replaced and never changed: a storm asks thousands of times. */
const sharedKnown = new WeakMap<
  Incident,
  { readonly topology: Topology; readonly shared: Map<string, SharedCallee> }
>();

function sharedOf(incident: Incident, topology: Topology): Map<string, SharedCallee> {
  const known = sharedKnown.get(incident);
  if (known?.topology === topology) return known.shared;
  const hurt = new Map(incident.services.map((s) => [s, onsetOfService(incident, s)]));
  const shared = sharedCallees(hurt, topology);
  sharedKnown.set(incident, { topology, shared });
  return shared;
}

/** That an alert is over must reach the incident that has it. */
const knows = (incident: Incident, { findings, alerts }: Group): boolean =>
  alerts.some((a) => incident.alerts.some((b) => b.fingerprint === a.fingerprint)) ||
  findings.some((f) => incident.findings.some((k) => k.id === f.id));
