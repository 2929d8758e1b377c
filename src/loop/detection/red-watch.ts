import { createFaults, type Faults } from "./faults.ts";
import type { Edge, Finding } from "./finding.ts";
import { learnedRed } from "./learned-red.ts";
import type { LearnedPart } from "./learned/learned-part.ts";
import type { Away } from "./own-time.ts";
import type { RedBucket } from "./red.ts";
import { recentAt } from "./recent-buckets.ts";
import { parseSeriesName, type SeriesName } from "./series-name.ts";
import { findingOf, isWarm, redDimensions, takeBucket, watchSeries, type SeriesWatch } from "./watch-series.ts";

/** A series of which nothing came for this long makes room for others, and what fires of it is given up. */
const idleMs = 24 * 3_600_000;
/** Where room is short, so soon when too little came to know what is usual. */
const coldIdleMs = 30 * 60_000;
/** Share of all room that is for declared services. */
const reservedShare = 0.1;
const sweepMs = 10 * 60_000;

/** Baselines of every service and edge series, bounded (I11). */
export interface RedWatch {
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
  const series = new Map<string, SeriesWatch>();
  const touched = new Set<SeriesWatch>();
  const spoken = new Set<SeriesWatch>();
  let edges: readonly Edge[] | undefined;
  let [refused, sweptMs, awayUntilMs] = [0, -Infinity, -Infinity];

  function watchOf(key: string): SeriesWatch | undefined {
    const known = series.get(key);
    if (known) return known;
    const name = parseSeriesName(key);
    if (!name) return undefined;
    if (series.size >= seriesMax * (isDeclared(name.service, name.environment) ? 1 : 1 - reservedShare)) {
      refused++;
      return undefined;
    }
    const fresh = watchSeries(name);
    series.set(key, fresh);
    edges = undefined;
    return fresh;
  }

  const attempt = <T>(s: SeriesWatch, nowMs: number, work: () => T): T | undefined =>
    faults.attempt("traffic", s.name, nowMs, work, () => {
      for (const set of [touched, spoken]) set.delete(s);
      if (series.delete(s.name.key)) edges = undefined;
    });

  function sweep(nowMs: number): Finding[] {
    if (nowMs - sweptMs < sweepMs) return [];
    sweptMs = nowMs;
    if (awayUntilMs >= nowMs - idleMs) return [];
    const isShort = series.size > seriesMax / 2;
    const idle = [...series.values()].filter((s) => {
      const silentMs = nowMs - (recentAt(s.recent, 0)?.startMs ?? nowMs);
      return silentMs > (isShort && !isWarm(s) ? coldIdleMs : idleMs);
    });
    for (const s of idle) series.delete(s.name.key);
    if (idle.length > 0) edges = undefined;
    return idle.flatMap((s) => findingsOf(s, nowMs).flatMap((f) => givenUp(f, nowMs)));
  }

  function add(s: SeriesWatch): boolean {
    if (series.has(s.name.key) || series.size >= seriesMax) return false;
    series.set(s.name.key, s);
    if (redDimensions.some((d) => s.watched[d].firing)) spoken.add(s);
    edges = undefined;
    return true;
  }

  return {
    take(bucket) {
      const s = watchOf(bucket.series);
      if (!s) return undefined;
      attempt(s, bucket.startMs, () => takeBucket(s, bucket, awayUntilMs));
      if (redDimensions.some((d) => s.watched[d].firing)) spoken.add(s);
      if (spoken.has(s)) touched.add(s);
      return s.name;
    },
    tick(nowMs) {
      const found = [...touched].flatMap((s) => attempt(s, nowMs, () => findingsOf(s, nowMs)) ?? []);
      for (const s of touched) if (!redDimensions.some((d) => s.watched[d].firing)) spoken.delete(s);
      touched.clear();
      return [...found, ...sweep(nowMs)];
    },
    away: ({ toMs }) => void (awayUntilMs = toMs),
    edges: () => (edges ??= [...series.values()].flatMap((s) => s.name.edge ?? [])),
    stats: () => ({ seriesWatched: series.size, seriesUnwatched: refused }),
    learned: learnedRed(series, add),
  };
}

const findingsOf = (s: SeriesWatch, nowMs: number): Finding[] =>
  redDimensions.flatMap((d) => findingOf(s, d, nowMs) ?? []);

const givenUp = (f: Finding, nowMs: number): Finding[] =>
  f.state === "firing"
    ? [{ ...f, state: "cleared", atMs: nowMs, summary: `${f.service}: nothing heard for a day, given up` }]
    : [];
