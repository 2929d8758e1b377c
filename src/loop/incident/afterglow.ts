import type { Finding } from "../detection/finding.ts";
import type { AlertSignal } from "../signal/signal.ts";
import type { Group } from "./correlate.ts";
import type { Incident } from "./incident.ts";

/** After an incident ended, what it knew of may take this long to clear before it counts as something new. */
export const afterglowMs = 5 * 60_000;

/** The group without findings that an incident which ended a moment ago already dealt with: long windows clear late. */
export function withoutAfterglow(group: Group, ended: readonly Incident[], nowMs: number): Group {
  // What was merged into another goes on there.
  const recent = ended.filter(
    (i) => i.mergedInto === undefined && i.endedAtMs !== undefined && nowMs - i.endedAtMs < afterglowMs,
  );
  const dealtWith = (f: Finding): boolean =>
    recent.some((i) => f.sinceMs <= (i.endedAtMs ?? 0) && i.findings.some((k) => k.id === f.id));
  return { ...group, findings: group.findings.filter((f) => !dealtWith(f)) };
}

/**
 * Whether a person who closed an incident takes care of all that fires in a group: closing says so. It holds however long
 * it goes on firing, until it clears and fires again, or something that the closed incident did not know fires beside it.
 */
export function attended(group: Group, closed: readonly Incident[]): boolean {
  const known = closed.filter((i) => i.state === "closed" && i.environment === group.environment);
  return (
    known.length > 0 &&
    group.findings.every((f) => f.state !== "firing" || known.some((i) => knewFinding(i, f))) &&
    group.alerts.every((a) => a.status !== "firing" || known.some((i) => knewAlert(i, a)))
  );
}

const knewFinding = (i: Incident, f: Finding): boolean =>
  f.sinceMs <= (i.endedAtMs ?? 0) &&
  (i.findings.some((k) => k.id === f.id && k.state === "firing") || lost(i, i.notKept?.findings, f.service));

const knewAlert = (i: Incident, a: AlertSignal): boolean =>
  a.startsAtMs <= (i.endedAtMs ?? 0) &&
  (i.alerts.some((k) => k.fingerprint === a.fingerprint && k.status === "firing") ||
    lost(i, i.notKept?.alerts, a.service));

/** Where not all was kept, what is about a service of the incident counts as known to it. */
const lost = (i: Incident, notKept: number | undefined, service: string): boolean =>
  (notKept ?? 0) > 0 && i.services.includes(service);
