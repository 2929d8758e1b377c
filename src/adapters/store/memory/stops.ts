import type { StopEntry, StopScope } from "../../../loop/decision/decision.ts";
import type { StopStore } from "../../../ports/store.ts";
import { keep } from "./keep.ts";

const keyOf = ({ kind, value }: StopScope): string => JSON.stringify([kind, value]);

export function memoryStops(): StopStore {
  const stops = new Map<string, StopEntry>();
  return {
    set: async (entry) => void stops.set(keyOf(entry.scope), keep(entry)),
    lift: async (scope) => stops.delete(keyOf(scope)),
    list: async () => [...stops.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
  };
}
