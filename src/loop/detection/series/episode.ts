/** What is unusual in a row belongs together and is said once. */
export interface Episode {
  /** Point it began at, and the point after which something unusual is another; -1 before the first. */
  sincePoint: number;
  sinceMs: number;
  untilPoint: number;
  /** The rarest so far, in points. */
  periodPoints: number;
}

/** An episode ends after this many points without anything unusual. */
const quietPoints = 60;
/** Within one, only what is this much rarer than the rest of it is said again. */
const muchRarer = 20;

export const createEpisode = (): Episode => ({ sincePoint: -1, sinceMs: NaN, untilPoint: -1, periodPoints: 0 });

/** Takes in something as rare as once in `periodPoints`; answers whether it is to be said. */
export function takeUnusual(episode: Episode, periodPoints: number, point: number, atMs: number): boolean {
  const begins = point > episode.untilPoint;
  episode.untilPoint = point + quietPoints;
  if (begins) Object.assign(episode, { sincePoint: point, sinceMs: atMs, periodPoints });
  const again = periodPoints > muchRarer * episode.periodPoints;
  episode.periodPoints = Math.max(episode.periodPoints, periodPoints);
  return begins || again;
}
