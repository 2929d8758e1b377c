import type { Json } from "../../../kernel/json.ts";
import type { KnownGoodStore } from "../../../ports/store.ts";
import { keep } from "./keep.ts";

const keptMax = 50;

const keyOf = (...parts: string[]): string => JSON.stringify(parts);

export function memoryKnownGood(): KnownGoodStore {
  const states = new Map<string, { value: Json; sinceMs: number; atMs: number }[]>();
  return {
    async record(service, environment, aspect, value, sinceMs, atMs) {
      const key = keyOf(service, environment, aspect);
      states.set(key, [keep({ value, sinceMs, atMs }), ...(states.get(key) ?? [])].slice(0, keptMax));
    },
    list: async (service, environment, aspect, limit) =>
      (states.get(keyOf(service, environment, aspect)) ?? []).slice(0, limit),
    latest: async (services, environment) =>
      [...states].flatMap(([key, [state]]) => {
        const [service = "", where, aspect = ""] = JSON.parse(key) as string[];
        return state && where === environment && services.includes(service)
          ? [{ service, aspect, value: state.value }]
          : [];
      }),
  };
}
