import type { Service } from "../signal/service.ts";
import type { Incident, IncidentState } from "./incident.ts";
import { absorb, addChanges } from "./correlate.ts";
import { onsetOfIncident, onsetOfService } from "./onset.ts";
import { beganTogether, calleesBelow, type Onset } from "./near.ts";
import { notKeptOf } from "./not-kept.ts";
import { createRoots } from "./roots.ts";
import { sharedCallees } from "./shared-callees.ts";
import { calleesOf, type Topology } from "./topology.ts";
import { isLive, note } from "./transition.ts";

/** `from` ends, and `into` goes on in its place. */
export interface Merge {
  readonly from: string;
  readonly into: string;
}

/** While one of these is its state, its heal acts or waits for people: it is never merged away. */
const acting: readonly IncidentState[] = ["awaiting-approval", "remediating", "verifying"];

export const mayMergeAway = (incident: Incident, acted: ReadonlySet<string>): boolean =>
  isLive(incident.state) && !acting.includes(incident.state) && !acted.has(incident.id);

/**
 * Live incidents of one environment as lists of those that have one cause (C1), as far as topology and time can tell: they
 * are about one service, about services that call each other or that have one between (`near.ts`), or about many that call one
 * (`shared-callees.ts`), and began together. Only lists of two or more. The order in which they opened plays no part.
 */
export function connectedIncidents(live: readonly Incident[], topology: Topology): Incident[][] {
  const onsets = new Map(live.map((i) => [i, onsetOfIncident(i)]));
  const hurt = byService(live);
  const shared = sharedCallees(onsetsByService(hurt), topology);
  const roots = createRoots<Incident | string>([...live, ...shared.keys()]);
  const joinTo = (incident: Incident, onset: Onset, service: string): void => {
    for (const other of hurt.get(service) ?? []) {
      const began = onsets.get(other);
      if (other !== incident && began && beganTogether(onset, began)) roots.join(incident, other);
    }
  };
  for (const [incident, onset] of onsets)
    for (const s of hurtOf(incident))
      for (const near of [s, ...calleesOf(topology, s), ...calleesBelow(topology, s)]) joinTo(incident, onset, near);
  for (const [callee, { callers }] of shared)
    for (const member of callers.flatMap((c): readonly (Incident | string)[] => hurt.get(c) ?? [c]))
      roots.join(member, callee);
  return [...Map.groupBy(live, roots.rootOf).values()].filter((together) => together.length > 1);
}

/** When each service began to hurt, by the first incident that says so. */
function onsetsByService(hurt: ReadonlyMap<string, readonly Incident[]>): Map<string, Onset> {
  const began = new Map<string, Onset>();
  for (const [service, incidents] of hurt)
    for (const onset of incidents.map((i) => onsetOfService(i, service))) {
      const known = began.get(service);
      if (!known || onset.fromMs < known.fromMs) began.set(service, onset);
    }
  return began;
}

/** Its services, and whom a hurt edge leads to. */
const hurtOf = (incident: Incident): Set<string> =>
  new Set([...incident.services, ...incident.findings.flatMap((f) => (f.edge ? [f.edge.to] : []))]);

function byService(live: readonly Incident[]): Map<string, Incident[]> {
  const hurt = new Map<string, Incident[]>();
  for (const incident of live)
    for (const service of hurtOf(incident)) {
      const known = hurt.get(service);
      if (known) known.push(incident);
      else hurt.set(service, [incident]);
    }
  return hurt;
}

/**
 * Which of connected incidents merge into which. One stays: of those that are worked on (not escalated) one that acts or
 * has acted, else the oldest. All others merge into it, but for those that act or have acted: what they did is theirs to
 * verify and to undo, and no two runs become one incident's. `acted`: ids of those with a run.
 */
export function mergesOf(together: readonly Incident[], acted: ReadonlySet<string>): Merge[] {
  const rank = (i: Incident): number => (i.state === "escalated" ? 2 : 0) + (mayMergeAway(i, acted) ? 1 : 0);
  const [stays, ...others] = together
    .filter((i) => isLive(i.state))
    .toSorted((a, b) => rank(a) - rank(b) || a.openedAtMs - b.openedAtMs || (a.id < b.id ? -1 : 1));
  if (!stays) return [];
  return others.filter((i) => mayMergeAway(i, acted)).map((i) => ({ from: i.id, into: stays.id }));
}

/** The incident with all that another one is about, and a line that says so. What it knows better itself stays. */
export function takeIn(incident: Incident, from: Incident, services: readonly Service[], nowMs: number): Incident {
  const known = new Map(incident.findings.map((f) => [f.id, f.atMs]));
  const told = new Set(incident.alerts.map((a) => a.fingerprint));
  const findings = from.findings.filter((f) => (known.get(f.id) ?? -Infinity) < f.atMs);
  const alerts = from.alerts.filter((a) => !told.has(a.fingerprint));
  const said = note(incident, {
    atMs: nowMs,
    kind: "note",
    actor: { kind: "homeostat", name: "homeostat" },
    text: `takes in ${from.id}, which has the same cause: ${from.services.slice(0, 5).join(", ")}`,
    record: mergeRecord({ from: from.id, into: incident.id }),
  });
  // A crash may have come between taking in and ending the other: what was not kept is counted already.
  const again = said === incident;
  const group = { environment: incident.environment, findings, alerts, why: "" };
  const joined = addChanges(absorb(said, group, services, nowMs), from.changes);
  return {
    ...joined,
    ...(again ? notKeptOf(incident.notKept, {}) : notKeptOf(joined.notKept, { ...from.notKept, lines: 0 })),
    services: [...new Set([...joined.services, ...from.services])],
    severity: from.severity < joined.severity ? from.severity : joined.severity,
    sinceMs: Math.min(joined.sinceMs, from.sinceMs),
  };
}

export const mergeRecord = ({ from, into }: Merge): string => `${into}/takes-in/${from}`;
