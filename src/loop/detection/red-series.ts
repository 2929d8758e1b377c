import type { Edge } from "./finding.ts";
import { createOddSeries, isFresh } from "./joint/odd-series.ts";
import type { Signs } from "./joint/sign.ts";
import { seriesKey } from "./red.ts";
import { recentAt } from "./recent-buckets.ts";
import { parseSeriesName } from "./series-name.ts";
import { isWarm, watchSeries, type SeriesWatch } from "./watch-series.ts";

/** A series of which nothing came for this long makes room for others. */
export const idleMs = 24 * 3_600_000;
/** Where room is short, so soon when too little came to know what is usual. */
const coldIdleMs = 30 * 60_000;
/** Share of all room that is for declared services. */
const reservedShare = 0.1;

/** The series that are watched, bounded (I11), and which of them show a sign. */
export interface RedSeries extends Signs {
  readonly all: ReadonlyMap<string, SeriesWatch>;
  /** The watch of a series, a new one where there is room; `undefined`, and counted, where there is none, or where it is no series. */
  watchOf(key: string): SeriesWatch | undefined;
  /** Takes in one that was known before; false where it is watched already, or there is no room. */
  add(s: SeriesWatch): boolean;
  /** After a bucket was taken into it. */
  took(s: SeriesWatch): void;
  drop(s: SeriesWatch): void;
  /** Drops those that were silent for too long. */
  dropIdle(nowMs: number): SeriesWatch[];
  edges(): readonly Edge[];
  refused(): number;
}

export function createRedSeries(
  seriesMax: number,
  isDeclared: (service: string, environment: string) => boolean,
): RedSeries {
  const all = new Map<string, SeriesWatch>();
  const odd = createOddSeries();
  let edges: readonly Edge[] | undefined;
  let refused = 0;

  function open(s: SeriesWatch): SeriesWatch {
    all.set(s.name.key, s);
    odd.opened(s.name);
    edges = undefined;
    return s;
  }

  function drop(s: SeriesWatch): void {
    if (!all.delete(s.name.key)) return;
    odd.closed(s);
    edges = undefined;
  }

  return {
    all,
    watchOf(key) {
      const known = all.get(key);
      if (known) return known;
      const name = parseSeriesName(key);
      if (!name) return undefined;
      const room = seriesMax * (isDeclared(name.service, name.environment) ? 1 : 1 - reservedShare);
      return all.size >= room ? void refused++ : open(watchSeries(name));
    },
    add(s) {
      if (all.has(s.name.key) || all.size >= seriesMax) return false;
      odd.took(open(s));
      return true;
    },
    took: odd.took,
    drop,
    dropIdle(nowMs) {
      const isShort = all.size > seriesMax / 2;
      const idle = [...all.values()].filter((s) => {
        const silentMs = nowMs - (recentAt(s.recent, 0)?.startMs ?? nowMs);
        return silentMs > (isShort && !isWarm(s) ? coldIdleMs : idleMs);
      });
      idle.forEach(drop);
      return idle;
    },
    edges: () => (edges ??= [...all.values()].flatMap((s) => s.name.edge ?? [])),
    refused: () => refused,
    signs: odd.signs,
    isHeard(service, environment, nowMs) {
      const s = all.get(seriesKey({ type: "service", service, environment }));
      return s !== undefined && isFresh(s, nowMs);
    },
  };
}
