import type { NotKept } from "./incident.ts";

const none: NotKept = { findings: 0, alerts: 0, changes: 0, lines: 0 };

export function addNotKept(known: NotKept = none, more: Partial<NotKept> = {}): NotKept {
  const { findings = 0, alerts = 0, changes = 0, lines = 0 } = more;
  return {
    findings: known.findings + findings,
    alerts: known.alerts + alerts,
    changes: known.changes + changes,
    lines: known.lines + lines,
  };
}

/** `{ notKept }` when something was not kept, else nothing: to be spread into an incident. */
export function notKeptOf(known: NotKept | undefined, more: Partial<NotKept>): { notKept?: NotKept } {
  const all = addNotKept(known, more);
  return Object.values(all).some((n) => n > 0) ? { notKept: all } : {};
}
