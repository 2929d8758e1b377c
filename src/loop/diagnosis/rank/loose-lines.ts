import type { Clue } from "./clue.ts";
import type { Place, RecordedLog } from "./recording.ts";
import { rateOff } from "./surprise.ts";
import { isNow, isPast, type Timeline } from "./timeline.ts";
import { lasting, whole } from "./words.ts";

/** How often a template came before at a service, and comes now at each of its places. */
interface Tally {
  past: number;
  readonly now: Map<string, number>;
  sinceMs: number;
}

/** A service may write this many times as many lines as before, or as few, without anything being wrong: it has more to do, or less. */
const trafficMax = 3;
/** What was never written before and says by itself that something ended badly is less likely to be nothing, by this many nats. */
const severeNats = 2;
const severe = /\b(fatal|panic|critical|emergency|segfault|core dumped|out of memory|oom)\b/i;

/**
 * Log templates that belong to no span, and come more often or less often than the service's other lines do: by what most of its lines do one
 * sees how much it has to do now, and against that each template stands alone. So a line that is new says what it is, rather than that usual lines
 * are a smaller share of all.
 */
export function looseLineClues(logs: readonly RecordedLog[], places: readonly Place[], at: Timeline): Clue[] {
  const serviceOf = new Map(places.map((p) => [p.id, p.service ?? p.id]));
  const services = Map.groupBy(logs, (l) => serviceOf.get(l.place) ?? l.place);
  const firstMs = logs.reduce((first, l) => Math.min(first, l.timeMs), at.fromMs);
  const span = { pastMs: at.fromMs - firstMs, nowMs: at.toMs - at.fromMs };
  return [...services.values()].flatMap((lines) => cluesOf(talliesOf(lines, at), span));
}

interface Lengths {
  readonly pastMs: number;
  readonly nowMs: number;
}

function talliesOf(lines: readonly RecordedLog[], at: Timeline): Map<string, Tally> {
  const all = new Map<string, Tally>();
  for (const { template = "", place, timeMs } of lines) {
    const known = all.get(template) ?? { past: 0, now: new Map<string, number>(), sinceMs: Infinity };
    all.set(template, known);
    if (isPast(at, timeMs)) known.past++;
    if (!isNow(at, timeMs)) continue;
    known.now.set(place, (known.now.get(place) ?? 0) + 1);
    known.sinceMs = Math.min(known.sinceMs, timeMs);
  }
  return all;
}

function cluesOf(tallies: ReadonlyMap<string, Tally>, { pastMs, nowMs }: Lengths): Clue[] {
  const all = [...tallies.values()];
  const writers = new Set(all.flatMap((t) => [...t.now.keys()]));
  if (pastMs <= 0 || all.every((t) => t.past === 0)) return [];
  const byTime = nowMs / pastMs / Math.max(1, writers.size);
  return [...writers].flatMap((place) => {
    const ratio = Math.min(trafficMax * byTime, Math.max(byTime / trafficMax, usualRatio(all, place)));
    return [...tallies].flatMap(([template, { past, now, sinceMs }]): Clue[] => {
      if (template === "") return [];
      const many = now.get(place) ?? 0;
      const isNew = past === 0 && many > 0;
      const bonus = isNew && severe.test(template) ? severeNats : 0;
      const clue: Clue = {
        place,
        kind: "logs",
        dimension: template,
        nats: rateOff(many, many + past, ratio / (1 + ratio)) + bonus - Math.log(tallies.size),
        text: isNew
          ? `${whole(many)} lines in ${lasting(nowMs)}, none in ${lasting(pastMs)} before`
          : `${whole(many)} lines in ${lasting(nowMs)}, ${whole(past)} in ${lasting(pastMs)} before`,
        ...(isNew ? { sinceMs } : {}),
      };
      return [clue];
    });
  });
}

/** Lines now for each one before, as it is for the middle one of all lines before. */
function usualRatio(all: readonly Tally[], place: string): number {
  const ratios = all
    .filter((t) => t.past > 0)
    .map((t) => ({ past: t.past, ratio: (t.now.get(place) ?? 0) / t.past }))
    .toSorted((a, b) => a.ratio - b.ratio);
  let rest = ratios.reduce((sum, r) => sum + r.past, 0) / 2;
  return ratios.find((r) => (rest -= r.past) <= 0)?.ratio ?? 0;
}
