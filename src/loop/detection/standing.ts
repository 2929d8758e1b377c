import { withAgreeing } from "./agreeing.ts";
import type { Edge, Finding } from "./finding.ts";

/** A finding that goes on is told again at most this often. */
const retellMs = 10_000;
/** Findings that may stand at one time; more are refused and counted (I11). */
const standingMax = 50_000;

/** The findings that stand, and what of them is news. */
export interface Standing {
  /** Takes what the detectors say now, in order; gives what fired, materially changed or cleared. */
  update(found: readonly Finding[], edges: readonly Edge[], nowMs: number): Finding[];
  all(): Finding[];
  refused(): number;
}

export function createStanding(): Standing {
  const standing = new Map<string, Finding>();
  const told = new Map<string, { readonly summary: string; readonly atMs: number }>();
  let refused = 0;

  function stand(f: Finding): void {
    if (standing.has(f.id) || standing.size < standingMax) standing.set(f.id, f);
    else refused++;
  }

  function isNews(f: Finding, nowMs: number): boolean {
    const before = told.get(f.id);
    if (before && (before.summary === f.summary || nowMs - before.atMs < retellMs)) return false;
    told.set(f.id, { summary: f.summary, atMs: nowMs });
    return true;
  }

  return {
    update(found, edges, nowMs) {
      const cleared: Finding[] = [];
      for (const f of found) {
        if (f.state === "firing") stand(f);
        else if (standing.delete(f.id) && told.delete(f.id)) cleared.push(f);
      }
      if (standing.size === 0) return cleared;
      for (const f of withAgreeing([...standing.values()], edges)) standing.set(f.id, f);
      return [...cleared, ...[...standing.values()].filter((f) => isNews(f, nowMs))];
    },
    all: () => [...standing.values()],
    refused: () => refused,
  };
}
