import { err, ok, type Result } from "../../kernel/result.ts";
import type { Actor, Incident, IncidentState, TimelineEntry } from "./incident.ts";

/** Which state may follow which (C2). Anything else is refused. */
const next: Readonly<Record<IncidentState, readonly IncidentState[]>> = {
  open: ["diagnosing", "stood-down", "escalated"],
  diagnosing: ["awaiting-approval", "remediating", "stood-down", "escalated"],
  "awaiting-approval": ["remediating", "diagnosing", "stood-down", "escalated"],
  remediating: ["verifying", "diagnosing", "stood-down", "escalated"],
  verifying: ["resolved", "remediating", "diagnosing", "stood-down", "escalated"],
  escalated: ["diagnosing", "resolved", "stood-down", "closed"],
  resolved: ["closed", "open"],
  "stood-down": ["closed", "open"],
  closed: [],
};

export const mayFollow = (from: IncidentState, to: IncidentState): boolean => next[from].includes(to);

/** Live: something may still be done or decided. An escalated incident is live until its findings clear or a person closes it. */
export const isLive = (state: IncidentState): boolean =>
  state !== "resolved" && state !== "stood-down" && state !== "closed";

const ends: readonly IncidentState[] = ["resolved", "stood-down", "closed"];

/** Timeline lines an incident keeps; then one says that it is full, and only its states still get a line, up to twice as many (I11). */
export const timelineMax = 400;

export function note(incident: Incident, entry: TimelineEntry): Incident {
  const known = incident.timeline.some((e) => e.record !== undefined && e.record === entry.record);
  if (known) return incident;
  const { length } = incident.timeline;
  // Every state has its own record, and that is named by its line.
  if (length > timelineMax && (entry.kind !== "state" || length >= 2 * timelineMax)) return incident;
  const last =
    length === timelineMax && entry.kind !== "state"
      ? { ...entry, kind: "note" as const, text: "the timeline is full; the audit log has the rest" }
      : entry;
  return {
    ...incident,
    updatedAtMs: Math.max(incident.updatedAtMs, entry.atMs),
    timeline: [...incident.timeline, last],
  };
}

/** The incident in its next state, with reason and actor on its timeline; or why that step is not legal. */
export function transition(
  incident: Incident,
  to: IncidentState,
  actor: Actor,
  reason: string,
  atMs: number,
): Result<Incident, string> {
  if (incident.state === to) return ok(incident);
  if (!mayFollow(incident.state, to)) return err(`an incident that is \`${incident.state}\` cannot become \`${to}\``);
  const moved: Incident = {
    ...incident,
    state: to,
    updatedAtMs: atMs,
    ...(ends.includes(to) ? { endedAtMs: atMs } : {}),
    ...(to === "escalated" ? { escalatedAtMs: atMs } : {}),
  };
  return ok(
    note(moved, {
      atMs,
      kind: "state",
      actor,
      text: `${to}: ${reason}`,
      record: `${incident.id}/state/${incident.timeline.length}`,
    }),
  );
}
