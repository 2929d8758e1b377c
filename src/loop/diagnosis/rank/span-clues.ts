import type { Clue } from "./clue.ts";
import type { RankSettings } from "./rank-settings.ts";
import type { Place, RecordedSpan } from "./recording.ts";
import { quantile, sorted, sum } from "./sample.ts";
import { spanTimes, type SpanTime } from "./span-times.ts";
import { rateExcess } from "./surprise.ts";
import { isNow, isPast, type Timeline } from "./timeline.ts";
import { lasting, whole } from "./words.ts";

/** Fewer times than this say nothing about what is late. */
const pastMin = 4;

/** Late times of one kind at a place: in its own spans, in calls to it, or in its calls to one other. */
interface Lateness {
  /** By trace, how many there are and how many of them are late: times of one trace are not independent of each other. */
  readonly traces: Map<string, { late: number; of: number }>;
  expected: number;
  of: number;
  lostMs: number;
  sinceMs: number;
}

type Aspect = "own time" | "calls to it" | "its calls";

/**
 * Late spans and calls, put down to places. A call that is late speaks of its callee, and of its caller only if that one's calls to others are
 * late too. Time lost counts by the share of times that are late, for what is wrong with a place is wrong with most that it does.
 */
export function spanClues(
  spans: readonly RecordedSpan[],
  places: readonly Place[],
  at: Timeline,
  settings: RankSettings,
): Clue[] {
  const serviceOf = new Map(places.map((p) => [p.id, p.service ?? p.id]));
  const times = spanTimes(spans);
  const found = latenesses(times, serviceOf, at, settings);
  const all = [...found].map(([place, lateness]) => {
    const aspects = aspectsOf(lateness);
    return { place, aspects, lostMs: Math.max(0, sum(aspects.map((a) => a.lostMs))) };
  });
  const usualMs = sum(times.filter((t) => isNow(at, t.startMs)).map((t) => t.ms));
  const most = Math.max(...all.map((c) => c.lostMs), settings.scaleFloor * usualMs);
  return all.flatMap(({ place, aspects, lostMs }) =>
    aspects.map((a) => ({
      place,
      kind: "spans" as const,
      dimension: a.aspect,
      nats: a.nats,
      share: lostMs / most,
      text: `${whole(a.late)} of ${whole(a.of)} took longer than usual, ${lasting(lostMs)} lost at this place in all`,
      sinceMs: a.sinceMs,
    })),
  );
}

function aspectsOf(all: ReadonlyMap<string, Lateness>) {
  const own = all.get("") ? [told("own time", [all.get("") as Lateness])] : [];
  const to = all.get("<") ? [told("calls to it", [all.get("<") as Lateness])] : [];
  // The callee with most late calls explains these by itself.
  const callees = [...all].filter(([key]) => key.startsWith(">")).map(([, l]) => l);
  const rest = callees.toSorted((a, b) => b.lostMs - a.lostMs).slice(1);
  return [...own, ...to, ...(rest.length > 0 ? [told("its calls", rest)] : [])];
}

function told(aspect: Aspect, all: readonly Lateness[]) {
  const traces = all.flatMap((l) => [...l.traces.values()]);
  const late = sum(traces.map((t) => t.late));
  const of = sum(all.map((l) => l.of));
  const lateTraces = sum(traces.map((t) => t.late / t.of));
  const rate = Math.min(1, sum(all.map((l) => l.expected)) / of);
  return {
    aspect,
    late,
    of,
    nats: rateExcess(lateTraces, traces.length, rate),
    lostMs: (sum(all.map((l) => l.lostMs)) * late) / of,
    sinceMs: Math.min(...all.map((l) => l.sinceMs)),
  };
}

function latenesses(
  times: readonly SpanTime[],
  serviceOf: ReadonlyMap<string, string>,
  at: Timeline,
  { lateQuantile }: RankSettings,
): Map<string, Map<string, Lateness>> {
  const of = (place: string) => serviceOf.get(place) ?? place;
  const kinds = Map.groupBy(times, (t) =>
    JSON.stringify(t.to === undefined ? [of(t.place), t.operation] : [of(t.place), of(t.to), 0]),
  );
  const found = new Map<string, Map<string, Lateness>>();
  for (const kind of kinds.values()) {
    const before = sorted(kind.filter((t) => isPast(at, t.startMs)).map((t) => t.ms));
    if (before.length < pastMin) continue;
    const [median, late] = [quantile(before, 0.5), quantile(before, lateQuantile)];
    const rate = 1 - lateQuantile + 1 / (before.length + 1);
    for (const t of kind)
      if (isNow(at, t.startMs))
        for (const l of speaksOf(found, t)) {
          const isLate = t.ms > late;
          const trace = l.traces.get(t.traceId) ?? { late: 0, of: 0 };
          l.traces.set(t.traceId, { late: trace.late + (isLate ? 1 : 0), of: trace.of + 1 });
          l.of++;
          l.expected += rate;
          l.lostMs += t.ms - median;
          if (isLate) l.sinceMs = Math.min(l.sinceMs, t.startMs);
        }
  }
  return found;
}

function speaksOf(found: Map<string, Map<string, Lateness>>, { place, to }: SpanTime): Lateness[] {
  const of = (who: string, key: string): Lateness => {
    const all = found.get(who) ?? new Map<string, Lateness>();
    found.set(who, all);
    const known = all.get(key) ?? { traces: new Map(), expected: 0, of: 0, lostMs: 0, sinceMs: Infinity };
    all.set(key, known);
    return known;
  };
  return to === undefined ? [of(place, "")] : [of(to, "<"), of(place, `>${to}`)];
}
