import { createFaults, type Faults } from "./faults.ts";
import type { Edge, Finding } from "./finding.ts";
import type { Signs } from "./joint/sign.ts";
import { learnedRed } from "./learned-red.ts";
import type { LearnedPart } from "./learned/learned-part.ts";
import type { Away } from "./own-time.ts";
import type { RedBucket } from "./red.ts";
import { createRedSeries, idleMs } from "./red-series.ts";
import type { SeriesName } from "./series-name.ts";
import { createSlowLook } from "./slow-look.ts";
import { findingOf, redDimensions, takeBucket, type SeriesWatch } from "./watch-series.ts";

const sweepMs = 10 * 60_000;

/** Baselines of every service and edge series, bounded (I11). */
export interface RedWatch extends Signs {
  /** Who the bucket speaks of, when it is one of the series watched. */
  take(bucket: RedBucket): SeriesName | undefined;
  /** Findings of series that got buckets since last time: firing ones, and those that cleared. */
  tick(nowMs: number): Finding[];
  /** Nobody looked: buckets that are missing say nothing. */
  away(time: Away): void;
  edges(): readonly Edge[];
  stats(): { readonly seriesWatched: number; readonly seriesUnwatched: number };
  readonly learned: LearnedPart;
}

export function createRedWatch(
  seriesMax: number,
  isDeclared: (service: string, environment: string) => boolean = () => false,
  faults: Faults = createFaults(),
): RedWatch {
  const series = createRedSeries(seriesMax, isDeclared);
  const slow = createSlowLook();
  const touched = new Set<SeriesWatch>();
  const spoken = new Set<SeriesWatch>();
  let [sweptMs, awayUntilMs] = [-Infinity, -Infinity];

  const isFiring = (s: SeriesWatch): boolean => redDimensions.some((d) => s.watched[d].firing) || slow.isFiring(s);

  const findingsOf = (s: SeriesWatch, nowMs: number): Finding[] =>
    redDimensions.flatMap((d) => slow.findingOf(s, d, nowMs) ?? findingOf(s, d, nowMs) ?? []);

  const attempt = <T>(s: SeriesWatch, nowMs: number, work: () => T): T | undefined =>
    faults.attempt("traffic", s.name, nowMs, work, () => {
      for (const set of [touched, spoken]) set.delete(s);
      series.drop(s);
    });

  function sweep(nowMs: number): Finding[] {
    if (nowMs - sweptMs < sweepMs) return [];
    sweptMs = nowMs;
    if (awayUntilMs >= nowMs - idleMs) return [];
    return series.dropIdle(nowMs).flatMap((s) => findingsOf(s, nowMs).flatMap((f) => givenUp(f, nowMs)));
  }

  function add(s: SeriesWatch): boolean {
    if (!series.add(s)) return false;
    if (isFiring(s)) spoken.add(s);
    return true;
  }

  return {
    take(bucket) {
      const s = series.watchOf(bucket.series);
      if (!s) return undefined;
      attempt(s, bucket.startMs, () => {
        takeBucket(s, bucket, awayUntilMs);
        series.took(s);
        slow.take(s, bucket, awayUntilMs);
        if (isFiring(s)) spoken.add(s);
        if (spoken.has(s)) touched.add(s);
      });
      return s.name;
    },
    tick(nowMs) {
      const found = [...touched].flatMap((s) => attempt(s, nowMs, () => findingsOf(s, nowMs)) ?? []);
      for (const s of touched) if (!isFiring(s)) spoken.delete(s);
      touched.clear();
      return [...found, ...sweep(nowMs)];
    },
    away: ({ toMs }) => void (awayUntilMs = toMs),
    edges: series.edges,
    signs: series.signs,
    isHeard: series.isHeard,
    stats: () => ({ seriesWatched: series.all.size, seriesUnwatched: series.refused() }),
    learned: learnedRed(series.all, add),
  };
}

const givenUp = (f: Finding, nowMs: number): Finding[] =>
  f.state === "firing"
    ? [{ ...f, state: "cleared", atMs: nowMs, summary: `${f.service}: nothing heard for a day, given up` }]
    : [];
