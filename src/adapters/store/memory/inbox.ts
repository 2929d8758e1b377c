import type { ControlSignal } from "../../../loop/signal/signal.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { InboxStore } from "../../../ports/store.ts";
import { keep } from "./keep.ts";

const claimMs = 30_000;
const changesMax = 1_000;

interface Item {
  readonly id: string;
  readonly signal: ControlSignal;
  readonly receivedAtMs: number;
}

export function memoryInbox(clock: Clock): InboxStore {
  const items = new Map<string, Item>();
  /** Ids that wait, oldest first, with the time until which a claim holds them. */
  const waiting = new Map<string, number>();
  return {
    async put(added) {
      const before = items.size;
      for (const item of added) {
        if (items.has(item.id)) continue;
        items.set(item.id, keep(item));
        waiting.set(item.id, -Infinity);
      }
      return items.size - before;
    },
    async claim(_holder, limit) {
      const nowMs = clock.nowMs();
      const free = [...waiting].filter(([, untilMs]) => untilMs <= nowMs).slice(0, limit);
      for (const [id] of free) waiting.set(id, nowMs + claimMs);
      return free.flatMap(([id]) => items.get(id) ?? []);
    },
    async done(ids) {
      for (const id of ids) waiting.delete(id);
    },
    pending: async () => waiting.size,
    async changes(environment, sinceMs) {
      const found = [...items.values()].flatMap(({ id, signal }) =>
        signal.kind === "change" && signal.environment === environment && signal.timeMs >= sinceMs
          ? [{ id, signal }]
          : [],
      );
      return found
        .toSorted((a, b) => a.signal.timeMs - b.signal.timeMs || (a.id > b.id ? -1 : 1))
        .slice(-changesMax)
        .map(({ signal }) => signal);
    },
  };
}
