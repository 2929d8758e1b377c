import type { Incident } from "../../../loop/incident/incident.ts";
import { isLive } from "../../../loop/incident/transition.ts";
import type { IncidentStore } from "../../../ports/store.ts";
import { keep } from "./keep.ts";

export function memoryIncidents(): IncidentStore {
  const kept = new Map<string, { readonly incident: Incident; readonly version: number }>();
  return {
    async save(incident, expectedVersion) {
      if ((kept.get(incident.id)?.version ?? 0) !== expectedVersion) return false;
      kept.set(incident.id, { incident: keep(incident), version: expectedVersion + 1 });
      return true;
    },
    async get(id) {
      const found = kept.get(id);
      return found && { ...found };
    },
    async list({ live, environment, limit, beforeMs = Infinity }) {
      const wanted = (i: Incident) =>
        (live === undefined || isLive(i.state) === live) &&
        (environment === undefined || i.environment === environment) &&
        i.openedAtMs < beforeMs;
      return [...kept.values()]
        .map(({ incident }) => incident)
        .filter(wanted)
        .toSorted((a, b) => b.openedAtMs - a.openedAtMs || (a.id < b.id ? -1 : 1))
        .slice(0, limit);
    },
  };
}
