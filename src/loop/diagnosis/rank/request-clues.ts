import type { Clue } from "./clue.ts";
import { deviationsOf } from "./deviations.ts";
import type { RankSettings } from "./rank-settings.ts";
import type { Call, Series } from "./recording.ts";
import { figure } from "./resource-clues.ts";
import { quantile, sorted, sum } from "./sample.ts";
import { cut, isPast, type Timeline } from "./timeline.ts";

/** What harms requests, and can be counted: latency times requests is time lost, errors times requests are requests lost. */
const harms = { latency: "time lost", errors: "requests lost" } as const;
export type Harm = keyof typeof harms;

/** Failed requests that nobody would look twice at. */
const lostFloor = 1;

/**
 * Harm to requests, counted and put down to where it arises: what a place loses, less what those it calls lose, for a caller waits while its
 * callee does. Of two places, the one whose own loss explains more of the harm is the likelier cause; small ones are left, however far off.
 */
export function requestClues(
  series: readonly Series[],
  calls: readonly Call[],
  at: Timeline,
  settings: RankSettings,
): Clue[] {
  const requests = new Map(series.filter((s) => s.dimension === "requests").map((s) => [s.place, s]));
  return (Object.keys(harms) as Harm[]).flatMap((harm) => {
    const losses = new Map(
      series.flatMap((s) => {
        const of = requests.get(s.place);
        return s.dimension === harm && of ? [[s.place, lossOf(s, of, at)] as const] : [];
      }),
    );
    return own(losses, calls, harm, at, settings);
  });
}

interface Loss {
  readonly series: Series;
  readonly byTime: ReadonlyMap<number, number>;
  /** What a point is worth normally: requests times level. */
  readonly usual: number;
  /** Nothing was seen of it before: whoever calls it now changed, not it. */
  readonly isNew: boolean;
}

function lossOf(series: Series, requests: Series, at: Timeline): Loss {
  const before = sorted(series.values.filter((_, i) => isPast(at, series.timesMs[i] ?? NaN)));
  const level = before.length > 0 ? quantile(before, 0.5) : 0;
  const many = new Map(requests.timesMs.map((t, i) => [t, requests.values[i] ?? 0]));
  const byTime = new Map(
    series.timesMs.flatMap((t, i) => {
      const lost = ((series.values[i] ?? NaN) - level) * (many.get(t) ?? 0);
      return Number.isFinite(lost) ? [[t, lost] as const] : [];
    }),
  );
  const usual =
    level * (quantile(sorted(requests.values.filter((_, i) => isPast(at, requests.timesMs[i] ?? NaN))), 0.5) || 0);
  return { series, byTime, usual, isNew: before.length === 0 };
}

function own(
  losses: ReadonlyMap<string, Loss>,
  calls: readonly Call[],
  harm: Harm,
  at: Timeline,
  settings: RankSettings,
): Clue[] {
  const callees = Map.groupBy(calls, (c) => c.from);
  const cuts = [...losses]
    .filter(([, loss]) => !loss.isNew)
    .map(([place, loss]) => {
      const below = (callees.get(place) ?? []).flatMap((c) => {
        const known = losses.get(c.to);
        return known && !known.isNew && c.to !== place ? [known] : [];
      });
      const timesMs = [...loss.byTime.keys()];
      const values = timesMs.map(
        (t) => (loss.byTime.get(t) ?? 0) - sum(below.map((b) => Math.max(0, b.byTime.get(t) ?? 0))),
      );
      const floor = harm === "errors" ? lostFloor : settings.scaleFloor * loss.usual;
      const total = (of: Loss) =>
        Math.max(0, sum([...of.byTime].filter(([t]) => t >= at.fromMs && t <= at.toMs).map(([, v]) => v)));
      const lost = Math.max(0, total(loss) - sum(below.map(total)));
      return { place, cut: cut(at, { timesMs, values }), floor, lost };
    });
  const most = Math.max(...cuts.map((c) => c.lost), Number.MIN_VALUE);
  const lost = new Map(cuts.map((c) => [c.place, c.lost]));
  return deviationsOf(cuts, { ...settings, upOnly: true }).map((d) => ({
    place: d.place,
    kind: "requests",
    dimension: harm,
    nats: d.nats,
    share: (lost.get(d.place) ?? 0) / most,
    text: `${figure(lost.get(d.place) ?? 0)} ${harms[harm]} by itself`,
    ...(d.sinceMs === undefined ? {} : { sinceMs: d.sinceMs }),
  }));
}
