import type { Clue } from "./clue.ts";

/** From this many nats on harm is told surely enough to explain what else is seen. */
const natsTelling = 3;
/** Who explains this share of the harm is where it arises. */
const shareTelling = 0.5;
/** What follows counts for little, not for nothing. */
const shareMin = 0.05;

/**
 * Where requests are counted and one place's own loss explains the harm, lines and resources of a place that loses nothing by itself follow
 * from it: whoever calls what fails writes so, and waits with its threads and connections. They count by the harm that place explains.
 */
export function unlessFollowing(clues: readonly Clue[]): Clue[] {
  const shares = new Map<string, number>();
  let isTold = false;
  for (const { place, kind, nats, share = 0 } of clues) {
    if (kind !== "requests") continue;
    const isTelling = nats >= natsTelling;
    shares.set(place, Math.max(shares.get(place) ?? 0, isTelling ? share : 0));
    isTold ||= isTelling && share >= shareTelling;
  }
  if (!isTold) return [...clues];
  return clues.map((clue) => {
    const own = shares.get(clue.place);
    const follows = (clue.kind === "logs" || clue.kind === "resource") && own !== undefined;
    return follows ? { ...clue, share: Math.max(shareMin, own) } : clue;
  });
}
