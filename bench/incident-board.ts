import { setTimeout as pause } from "node:timers/promises";
import type { TailedRecord } from "./audit-tail.ts";

/** When each alert was sent, its incident opened and the incident's first decision recorded; all on one clock. */
export interface IncidentBoard {
  seen(record: TailedRecord): void;
  sent(fingerprint: string): void;
  /** Of these alerts: times from sending to the opening of their incident, and to its first recorded decision. */
  opened(fingerprints: readonly string[]): number[];
  decided(fingerprints: readonly string[]): number[];
  /** Incidents opened so far in an environment, and those of them that were not merged into another. */
  incidents(environment: string): { readonly opened: number; readonly left: number };
  /** Waits until `done` or the time is up; tells whether it was done. */
  until(done: () => boolean, withinMs: number): Promise<boolean>;
}

const lookMs = 20;

export function createIncidentBoard(environmentOf: (service: string) => string): IncidentBoard {
  const sentMs = new Map<string, number>();
  const openedMs = new Map<string, number>();
  const decidedMs = new Map<string, number>();
  const incidentOf = new Map<string, string>();
  const environmentOfIncident = new Map<string, string>();
  const merged = new Set<string>();
  const first = (times: Map<string, number>, key: string, ms: number): void => {
    if (!times.has(key)) times.set(key, ms);
  };
  const since = (fingerprints: readonly string[], times: Map<string, number>): number[] =>
    fingerprints.flatMap((f) => {
      const [from, to] = [sentMs.get(f), times.get(incidentOf.get(f) ?? "")];
      return from === undefined || to === undefined ? [] : [to - from];
    });
  return {
    seen({ type, subject, body, seenMs }) {
      if (type === "incident.opened") {
        first(openedMs, subject, seenMs);
        for (const f of texts(body["alerts"])) incidentOf.set(f, subject);
        environmentOfIncident.set(subject, environmentOf(texts(body["services"])[0] ?? ""));
      }
      if (type === "incident.merged") merged.add(String(body["from"]));
      // A look that comes to no plan says so in the record of the plan, and decides nothing more.
      if (type === "decision.made" || (type === "plan.proposed" && body["plan"] === null))
        first(decidedMs, subject, seenMs);
    },
    sent: (fingerprint) => void sentMs.set(fingerprint, performance.now()),
    opened: (fingerprints) => since(fingerprints, openedMs),
    decided: (fingerprints) => since(fingerprints, decidedMs),
    incidents(environment) {
      const opened = [...environmentOfIncident].filter(([, own]) => own === environment);
      return { opened: opened.length, left: opened.filter(([id]) => !merged.has(id)).length };
    },
    async until(done, withinMs) {
      for (const endMs = performance.now() + withinMs; performance.now() < endMs; await pause(lookMs))
        if (done()) return true;
      return done();
    },
  };
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
