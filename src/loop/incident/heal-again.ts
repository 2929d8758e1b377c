import type { Group } from "./correlate.ts";
import type { Incident } from "./incident.ts";

/** Heals an incident gets at most: what flaps must not be worked on for ever (I11). */
export const healsMax = 5;
/** The name of an incident's heal, which its run ids and record keys begin with: no two heals share a key (I3). */
export const healName = ({ id, heals = 1 }: Pick<Incident, "id" | "heals">): string =>
  heals <= 1 ? id : `${id}.${heals}`;

/** Whether what fires did not when people were called last, or began anew since. True of everything where nobody was called. */
export const beganSinceCalled = (
  { escalatedAtMs = 0, escalatedWith = [] }: Pick<Incident, "escalatedAtMs" | "escalatedWith">,
  id: string,
  sinceMs: number,
): boolean => !escalatedWith.includes(id) || sinceMs > escalatedAtMs;

/**
 * Why an escalated incident deserves another look: something of this group fires that did not when people were called, or began
 * anew since, so it is not what they were called for. Undefined when there is no reason, or it had as many heals as it gets.
 */
export function anotherLook(incident: Incident, group: Group): string | undefined {
  const { state, heals = 1 } = incident;
  if (state !== "escalated" || heals >= healsMax) return undefined;
  const isNew = (id: string, sinceMs: number): boolean => beganSinceCalled(incident, id, sinceMs);
  const fresh = [
    ...group.findings.flatMap((f) => (f.state === "firing" && isNew(f.id, f.sinceMs) ? [f.summary] : [])),
    ...group.alerts.flatMap((a) =>
      a.status === "firing" && isNew(a.fingerprint, a.startsAtMs) ? [`alert ${a.name} of ${a.service}`] : [],
    ),
  ];
  const [first] = fresh;
  if (first === undefined) return undefined;
  return `something new began after people were called: ${first}${fresh.length > 1 ? `, and ${fresh.length - 1} more` : ""}`;
}
