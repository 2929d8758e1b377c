/** What is unusual in a row belongs together and is said once. */
export interface Episode {
  /** Point it began at, and the point after which something unusual is another; -1 before the first. */
  sincePoint: number;
  sinceMs: number;
  untilPoint: number;
  /** The rarest so far, in points. */
  periodPoints: number;
  /** The latest stretch of points that are unusual with few between them: when it began, and the latest of them. */
  stretchMs: number;
  stretchPoint: number;
}

/** An episode ends after this many points without anything unusual. */
const quietPoints = 60;
/** Points between which as many are usual do not belong to one stretch. */
const apartPoints = 12;
/** Within one, only what is this much rarer than the rest of it is said again. */
const muchRarer = 20;

export const createEpisode = (): Episode => ({
  sincePoint: -1,
  sinceMs: NaN,
  untilPoint: -1,
  periodPoints: 0,
  stretchMs: NaN,
  stretchPoint: -Infinity,
});

/**
 * Takes in something as rare as once in `periodPoints`; answers whether it is to be said. What is much rarer than the rest of its episode began
 * with its own stretch: something small long before it, and quiet between, is not its beginning.
 */
export function takeUnusual(episode: Episode, periodPoints: number, point: number, atMs: number): boolean {
  const begins = point > episode.untilPoint;
  episode.untilPoint = point + quietPoints;
  if (begins) Object.assign(episode, { sincePoint: point, sinceMs: atMs, periodPoints });
  if (begins || point - episode.stretchPoint > apartPoints) episode.stretchMs = atMs;
  episode.stretchPoint = point;
  const again = periodPoints > muchRarer * episode.periodPoints;
  if (again) episode.sinceMs = episode.stretchMs;
  episode.periodPoints = Math.max(episode.periodPoints, periodPoints);
  return begins || again;
}
