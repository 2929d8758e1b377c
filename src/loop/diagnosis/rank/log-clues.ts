import type { Clue } from "./clue.ts";
import type { Place, RecordedLog, RecordedSpan } from "./recording.ts";
import { looseLineClues } from "./loose-lines.ts";
import { rateChange } from "./surprise.ts";
import { isNow, isPast, type Timeline } from "./timeline.ts";
import { percent, whole } from "./words.ts";

/** How often a thing was, and is at each place; fractions of traces. */
interface Tally {
  past: number;
  readonly now: Map<string, number>;
}

/** One operation of a service. */
interface Trials extends Tally {
  readonly templates: Map<string, Tally>;
}

/**
 * Log templates that come or stay away where they did not before, given the operation of their span, so that another mix of requests
 * says nothing: what an operation writes tells which way it went through the code. What is counted is traces, each by the share of the
 * operation's spans in it that wrote the line, for spans of one trace are not independent of each other. Lines that belong to no span are
 * counted by themselves (`looseLineClues`).
 */
export function logClues(
  logs: readonly RecordedLog[],
  spans: readonly RecordedSpan[],
  places: readonly Place[],
  at: Timeline,
): Clue[] {
  const known = new Set(spans.map((s) => s.spanId));
  const isOfSpan = ({ spanId }: RecordedLog): boolean => spanId !== undefined && known.has(spanId);
  const all = count(logs.filter(isOfSpan), spans, new Map(places.map((p) => [p.id, p.service ?? p.id])), at);
  const looks = looksOf(all);
  const loose = looseLineClues(
    logs.filter((l) => !isOfSpan(l)),
    places,
    at,
  );
  const ofSpans = all.flatMap((trials) =>
    trials.past === 0
      ? []
      : [...trials.now].flatMap(([place, many]) =>
          [...trials.templates].map(([template, seen]): Clue => {
            const now = seen.now.get(place) ?? 0;
            const nats = rateChange(now, many, seen.past, trials.past) - Math.log(looks.get(place) ?? 1);
            const text = `in ${percent(now / many)} of ${whole(many)} traces, before in ${percent(seen.past / trials.past)} of ${whole(trials.past)}`;
            return { place, kind: "logs", dimension: template, nats, text };
          }),
        ),
  );
  return [...ofSpans, ...loose];
}

/** How many templates are looked at for each place. */
function looksOf(all: readonly Trials[]): Map<string, number> {
  const looks = new Map<string, number>();
  for (const trials of all)
    for (const place of trials.now.keys())
      looks.set(place, (looks.get(place) ?? 0) + Math.min(1, trials.templates.size));
  return looks;
}

function count(
  logs: readonly RecordedLog[],
  spans: readonly RecordedSpan[],
  serviceOf: ReadonlyMap<string, string>,
  at: Timeline,
): Trials[] {
  const all: Trials[] = [];
  const byService = new Map<string, Map<string, Trials>>();
  const trialsOf = (place: string, operation: string): Trials => {
    const service = serviceOf.get(place) ?? place;
    const byOperation = byService.get(service) ?? new Map<string, Trials>();
    const known = byOperation.get(operation);
    if (known) return known;
    const fresh: Trials = { past: 0, now: new Map(), templates: new Map() };
    byService.set(service, byOperation.set(operation, fresh));
    all.push(fresh);
    return fresh;
  };
  const add = (to: Tally, place: string, timeMs: number, weight: number): void => {
    if (isPast(at, timeMs)) to.past += weight;
    else if (isNow(at, timeMs)) to.now.set(place, (to.now.get(place) ?? 0) + weight);
  };
  const siblings = Map.groupBy(spans, (s) => JSON.stringify([s.traceId, s.place, s.operation]));
  const lines = Map.groupBy(logs, (l) => l.spanId ?? "");
  for (const group of siblings.values())
    for (const span of group) {
      const trials = trialsOf(span.place, span.operation);
      add(trials, span.place, span.startMs, 1 / group.length);
      for (const template of new Set((lines.get(span.spanId) ?? []).flatMap((l) => l.template ?? [])))
        add(tallyOf(trials, template), span.place, span.startMs, 1 / group.length);
    }
  return all;
}

function tallyOf({ templates }: Trials, template: string): Tally {
  const known = templates.get(template) ?? { past: 0, now: new Map<string, number>() };
  templates.set(template, known);
  return known;
}
