import type { Group } from "./correlate.ts";
import type { Incident } from "./incident.ts";
import { onsetOf, type Onset } from "./near.ts";

/** When findings and alerts began. */
export const onsetTimes = ({ findings, alerts }: Pick<Group, "findings" | "alerts">): number[] => [
  ...findings.map((f) => f.sinceMs),
  ...alerts.map((a) => a.startsAtMs),
];

/** When it began, and when the last of what it is about did. */
export const onsetOfIncident = (incident: Incident): Onset =>
  onsetOf([incident.sinceMs, ...onsetTimes(incident)], incident.sinceMs);

/** When one of its services began to hurt, by what it knows of it; else when it began. */
export function onsetOfService(incident: Incident, service: string): Onset {
  const own = timesByService(incident).get(service);
  return own ? onsetOf(own, incident.sinceMs) : onsetOfIncident(incident);
}

const timesKnown = new WeakMap<Incident, ReadonlyMap<string, readonly number[]>>();

/** Kept by incident, which is replaced and never changed: each of its services is asked about. */
function timesByService(incident: Incident): ReadonlyMap<string, readonly number[]> {
  const known = timesKnown.get(incident);
  if (known) return known;
  const told = [
    ...incident.findings.map((f) => ({ service: f.service, atMs: f.sinceMs })),
    ...incident.alerts.map((a) => ({ service: a.service, atMs: a.startsAtMs })),
  ];
  const made = new Map(
    [...Map.groupBy(told, (t) => t.service)].map(([service, own]) => [service, own.map((t) => t.atMs)]),
  );
  timesKnown.set(incident, made);
  return made;
}
