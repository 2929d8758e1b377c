import type { Group } from "./correlate.ts";
import type { Incident } from "./incident.ts";

/** Heals an incident gets at most: what flaps must not be worked on for ever (I11). */
export const healsMax = 5;
/** What began this soon after people were called belongs to what they were called for. */
const settleMs = 60_000;

/** The name of an incident's heal, which its run ids and record keys begin with: no two heals share a key (I3). */
export const healName = ({ id, heals = 1 }: Pick<Incident, "id" | "heals">): string =>
  heals <= 1 ? id : `${id}.${heals}`;

/**
 * Why an escalated incident deserves another look: something of this group began to fire well after people were called, so it
 * is not what they were called for. Undefined when there is no reason, or it had as many heals as it gets.
 */
export function anotherLook(incident: Incident, group: Group): string | undefined {
  const { state, escalatedAtMs, heals = 1 } = incident;
  if (state !== "escalated" || escalatedAtMs === undefined || heals >= healsMax) return undefined;
  const fresh = [
    ...group.findings.flatMap((f) => (f.state === "firing" && f.sinceMs > escalatedAtMs + settleMs ? [f.summary] : [])),
    ...group.alerts.flatMap((a) =>
      a.status === "firing" && a.startsAtMs > escalatedAtMs + settleMs ? [`alert ${a.name} of ${a.service}`] : [],
    ),
  ];
  const [first] = fresh;
  if (first === undefined) return undefined;
  return `something new began after people were called: ${first}${fresh.length > 1 ? `, and ${fresh.length - 1} more` : ""}`;
}
