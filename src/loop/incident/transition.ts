import { err, ok, type Result } from "../../kernel/result.ts";
import type { Actor, Incident, IncidentState, TimelineEntry } from "./incident.ts";
import { addNotKept } from "./not-kept.ts";

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

/** The most timeline lines an incident keeps; what is beyond is counted in its last line (I11). */
export const timelineMax = 400;
/** Its states are what it is about: they find room when everything else does not any more. */
const statesMore = 100;

/** The incident with a line more, each record's line once; or with one more counted as not kept. */
export function note(incident: Incident, entry: TimelineEntry): Incident {
  const known = incident.timeline.some((e) => e.record !== undefined && e.record === entry.record);
  if (known) return incident;
  const updatedAtMs = Math.max(incident.updatedAtMs, entry.atMs);
  const full = (incident.notKept?.lines ?? 0) > 0;
  const lines = full ? incident.timeline.slice(0, -1) : incident.timeline;
  const last = full ? incident.timeline.slice(-1) : [];
  if (lines.length < timelineMax + (entry.kind === "state" ? statesMore : 0))
    return { ...incident, updatedAtMs, timeline: [...lines, entry, ...last] };
  const notKept = addNotKept(incident.notKept, { lines: 1 });
  return { ...incident, updatedAtMs, notKept, timeline: [...lines, fullLine(entry, notKept.lines)] };
}

const fullLine = ({ atMs, actor }: TimelineEntry, many: number): TimelineEntry => ({
  atMs,
  kind: "note",
  actor,
  text: `the timeline is full: ${many} more ${many === 1 ? "line is" : "lines are"} in the audit log only`,
});

const firing = ({ findings, alerts }: Incident): string[] => [
  ...findings.flatMap((f) => (f.state === "firing" ? [f.id] : [])),
  ...alerts.flatMap((a) => (a.status === "firing" ? [a.fingerprint] : [])),
];

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
    // What a person closes afterwards ended when it ended.
    ...(ends.includes(to) ? { endedAtMs: isLive(incident.state) ? atMs : (incident.endedAtMs ?? atMs) } : {}),
    ...(to === "escalated" ? { escalatedAtMs: atMs, escalatedWith: firing(incident) } : {}),
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
