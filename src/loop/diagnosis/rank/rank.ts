import type { Clue } from "./clue.ts";
import { findOnset } from "./find-onset.ts";
import { logClues } from "./log-clues.ts";
import { rankSettings, type RankSettings } from "./rank-settings.ts";
import type { Recording } from "./recording.ts";
import { requestClues } from "./request-clues.ts";
import { resourceClues } from "./resource-clues.ts";
import { spanClues } from "./span-clues.ts";
import { asideOf } from "./aside.ts";
import type { Timeline } from "./timeline.ts";

export interface Suspect {
  readonly place: string;
  /** Log-odds of being where it starts, up to a constant, in nats. */
  readonly score: number;
  readonly clues: readonly Clue[];
}

export interface Ranking {
  readonly suspects: readonly Suspect[];
  readonly fromMs: number | undefined;
}

export function rank(recording: Recording, settings: RankSettings = rankSettings): Ranking {
  const { toMs } = recording.window;
  const fromMs = recording.window.fromMs ?? findOnset(recording.series, toMs);
  if (fromMs === undefined) return { suspects: [], fromMs };
  const clues = cluesOf(recording, { fromMs, toMs }, settings);
  const isAside = asideOf(recording);
  const byPlace = Map.groupBy(clues, (c) => c.place);
  const suspects = recording.places.map(({ id }) =>
    suspect(id, byPlace.get(id) ?? [], Math.log(byPlace.size) + (isAside(id) ? settings.asideNats : 0), settings),
  );
  return { suspects: suspects.toSorted((a, b) => b.score - a.score), fromMs };
}

function cluesOf(recording: Recording, at: Timeline, settings: RankSettings): Clue[] {
  const counted = countedPlaces(recording);
  const resources = recording.series.filter((s) => !(counted.has(s.place) && s.dimension in requestDimensions));
  return [
    ...requestClues(recording, at, settings),
    ...resourceClues(resources, at, settings),
    ...spanClues(recording.spans, recording.places, at, settings),
    ...logClues(recording.logs, recording.spans, recording.places, at),
  ];
}

const requestDimensions = { requests: true, latency: true, errors: true };

const countedPlaces = (recording: Recording): ReadonlySet<string> =>
  new Set(recording.series.filter((s) => s.dimension === "requests").map((s) => s.place));

function suspect(place: string, clues: readonly Clue[], againstNats: number, settings: RankSettings): Suspect {
  const best = [...Map.groupBy(clues, (c) => c.kind).values()].map((all) =>
    Math.max(...all.map((c) => weigh(c, againstNats, settings))),
  );
  return { place, score: best.reduce((a, b) => a + b, 0), clues };
}

const weigh = ({ nats, share }: Clue, againstNats: number, { saturationNats, shareWeight }: RankSettings): number => {
  const saturated = saturationNats * Math.log1p(Math.max(0, nats) / saturationNats);
  return Math.log1p(Math.exp(saturated - againstNats) * (share ?? 1) ** shareWeight);
};
