import { recentAt } from "../recent-buckets.ts";
import { bucketMs } from "../red.ts";
import type { SeriesName } from "../series-name.ts";
import { placeOf } from "../slo-watch.ts";
import type { SeriesWatch } from "../watch-series.ts";
import { dependencySign, hasSign, requestSigns } from "./request-signs.ts";
import type { Sign, SignsOf } from "./sign.ts";

/** A series whose newest bucket began longer ago says nothing of now. */
const freshMs = 6 * bucketMs;

/** The series that show a sign, by service; no more than there are series. */
export interface OddSeries {
  opened(name: SeriesName): void;
  closed(s: SeriesWatch): void;
  /** After a bucket was taken into it. */
  took(s: SeriesWatch): void;
  /** What is odd now about the requests and calls of each service, however weakly, by `placeOf`. */
  signs(nowMs: number): Map<string, SignsOf>;
}

export function createOddSeries(): OddSeries {
  const odd = new Set<SeriesWatch>();
  /** Edges watched of each service. */
  const calls = new Map<string, number>();

  function countCalls(name: SeriesName, by: 1 | -1): void {
    if (!name.edge) return;
    const place = placeOf(name.service, name.environment);
    const many = (calls.get(place) ?? 0) + by;
    if (many > 0) calls.set(place, many);
    else calls.delete(place);
  }

  function signsOf(place: string, all: readonly SeriesWatch[]): Sign[] {
    const [edges, own] = [all.filter((s) => s.name.edge), all.filter((s) => !s.name.edge)];
    const dependency = dependencySign(edges, calls.get(place) ?? 1);
    return [...own.flatMap(requestSigns), ...(dependency ? [dependency] : [])];
  }

  return {
    opened: (name) => countCalls(name, 1),
    closed(s) {
      odd.delete(s);
      countCalls(s.name, -1);
    },
    took(s) {
      if (hasSign(s)) odd.add(s);
      else odd.delete(s);
    },
    signs(nowMs) {
      for (const s of odd) if (!isFresh(s, nowMs)) odd.delete(s);
      const by = Map.groupBy(odd, (s) => placeOf(s.name.service, s.name.environment));
      return new Map([...by].map(([place, all]) => [place, () => signsOf(place, all)]));
    },
  };
}

export const isFresh = ({ recent }: SeriesWatch, nowMs: number): boolean =>
  Math.abs(nowMs - (recentAt(recent, 0)?.startMs ?? -Infinity)) <= freshMs;
