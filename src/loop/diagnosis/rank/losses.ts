import type { Series } from "./recording.ts";
import { quantile, sorted, sum } from "./sample.ts";
import { cut, isNow, isPast, type Timeline } from "./timeline.ts";

/** Dimensions that harm requests. */
export type Harm = "latency" | "errors";

/** What the requests of one place lose, by time, compared to what is normal there. */
export interface Loss {
  readonly byTime: ReadonlyMap<number, number>;
  /** What a point is worth normally: requests times level. */
  readonly usual: number;
  /** Nothing was seen of it before: whoever calls it now changed, not it. */
  readonly isNew: boolean;
  /** What is normal for one request: its latency, or the share that fails. */
  readonly level: number;
  /** Requests in the window. */
  readonly requests: number;
}

/** Losses of all places that count their requests. */
export function lossesOf(series: readonly Series[], harm: Harm, at: Timeline): Map<string, Loss> {
  const requests = new Map(series.filter((s) => s.dimension === "requests").map((s) => [s.place, s]));
  return new Map(
    series.flatMap((s) => {
      const of = s.dimension === harm ? requests.get(s.place) : undefined;
      return of ? [[s.place, lossOf(s, of, at)] as const] : [];
    }),
  );
}

function lossOf(series: Series, requests: Series, at: Timeline): Loss {
  const before = sorted(cut(at, series).past);
  const level = before.length > 0 ? quantile(before, 0.5) : 0;
  const many = new Map(requests.timesMs.map((t, i) => [t, requests.values[i] ?? 0]));
  const byTime = new Map(
    series.timesMs.flatMap((t, i) => {
      const lost = ((series.values[i] ?? NaN) - level) * (many.get(t) ?? 0);
      return Number.isFinite(lost) ? [[t, lost] as const] : [];
    }),
  );
  const usually = quantile(sorted([...many].filter(([t]) => isPast(at, t)).map(([, v]) => v)), 0.5) || 0;
  const requestsNow = sum([...many].filter(([t, v]) => isNow(at, t) && Number.isFinite(v)).map(([, v]) => v));
  return { byTime, usual: level * usually, isNew: before.length === 0, level, requests: requestsNow };
}
