import type { Clue } from "./clue.ts";
import { deviationsOf } from "./deviations.ts";
import type { RankSettings } from "./rank-settings.ts";
import type { Series } from "./recording.ts";
import { cut, type Timeline } from "./timeline.ts";
import { figure, timesAs } from "./words.ts";

/** Measures of a place that are not what they were: each place's most surprising one speaks, after as many looks as it has measures. */
export function resourceClues(series: readonly Series[], at: Timeline, settings: RankSettings): Clue[] {
  const looks = Map.groupBy(series, (s) => s.place);
  return [...Map.groupBy(series, (s) => s.dimension)].flatMap(([dimension, all]) =>
    deviationsOf(
      all.map((s) => ({ place: s.place, cut: cut(at, s) })),
      settings,
    ).map((d) => ({
      place: d.place,
      kind: "resource" as const,
      dimension,
      nats: d.nats - Math.log(looks.get(d.place)?.length ?? 1),
      text: `usually ${figure(d.median)}, now ${figure(d.farthest)}${timesSaid(d.farthest, d.median)}`,
      ...(d.sinceMs === undefined ? {} : { sinceMs: d.sinceMs }),
    })),
  );
}

function timesSaid(now: number, before: number): string {
  const times = timesAs(now, before);
  return times === "" ? "" : `, ${times}`;
}
