import { createRecentMap } from "../recent-map.ts";
import { currentOf, type LogTemplate } from "../templates/log-template.ts";
import type { LineCounts } from "./session-model.ts";

/** A session has ended when it logged nothing for this long. */
const quietMs = 10_000;
/** Bounds (I11): sessions open at one time, and templates counted in one. */
const openMax = 300;
const kindsMax = 60;

interface OpenSession {
  readonly counts: Map<LogTemplate, number>;
  lastMs: number;
}

/** Sessions of one service whose lines still come. Sessions beyond the bound are counted and not looked at, also later: half of one
 * looks like none. */
export interface OpenSessions {
  take(id: string, template: LogTemplate, nowMs: number): void;
  /** What was logged in each session that has ended, by the ids of templates. */
  ended(nowMs: number): LineCounts[];
  /** Looks at none of those that are open. */
  leave(): void;
  missed(): number;
}

export function createOpenSessions(): OpenSessions {
  const open = new Map<string, OpenSession>();
  const refused = createRecentMap<true>(openMax);
  let missed = 0;

  function sessionOf(id: string, nowMs: number): OpenSession | undefined {
    const known = open.get(id);
    if (known || refused.get(id)) return known;
    if (open.size < openMax) return { counts: new Map(), lastMs: nowMs };
    refused.set(id, true);
    missed++;
    return undefined;
  }

  return {
    take(id, template, nowMs) {
      const session = sessionOf(id, nowMs);
      if (!session) return;
      // What was heard of last is last, so that those that ended come first.
      open.delete(id);
      open.set(id, session);
      session.lastMs = nowMs;
      if (session.counts.size < kindsMax || session.counts.has(template))
        session.counts.set(template, (session.counts.get(template) ?? 0) + 1);
    },
    ended(nowMs) {
      const counts: LineCounts[] = [];
      for (const [id, session] of open) {
        if (nowMs - session.lastMs < quietMs) break;
        open.delete(id);
        counts.push(byId(session.counts));
      }
      return counts;
    },
    leave() {
      for (const id of open.keys()) refused.set(id, true);
      missed += open.size;
      open.clear();
    },
    missed: () => missed,
  };
}

/** Templates that became one meanwhile count as one. */
function byId(counts: ReadonlyMap<LogTemplate, number>): Map<string, number> {
  const byIds = new Map<string, number>();
  for (const [template, count] of counts) {
    const { id } = currentOf(template);
    byIds.set(id, (byIds.get(id) ?? 0) + count);
  }
  return byIds;
}
