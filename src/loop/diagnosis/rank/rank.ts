import { asideOf } from "./aside.ts";
import { changeClues } from "./change-clues.ts";
import type { Clue } from "./clue.ts";
import { confidences } from "./confidence.ts";
import { explain } from "./explain.ts";
import { findOnset, onsetsApart } from "./find-onset.ts";
import { unlessFollowing } from "./following.ts";
import { logClues } from "./log-clues.ts";
import { missing } from "./missing.ts";
import { rankSettings, type RankSettings } from "./rank-settings.ts";
import type { Ranking } from "./ranking.ts";
import type { Recording } from "./recording.ts";
import { requestClues } from "./request-clues.ts";
import { resourceClues } from "./resource-clues.ts";
import { soundnessOf } from "./soundness.ts";
import { spanClues } from "./span-clues.ts";
import type { Timeline } from "./timeline.ts";

/**
 * Ranks the places where a fault may have started, from whatever was recorded. Each kind of evidence finds clues: how surprising is
 * what this place shows, in nats, and how much of the harm would it explain. A place's score sums over kinds `ln(1 + (e^nats - 1) share^k / n)` of
 * its best clue, n places having been looked at: the likelihood ratio of being the one among them that shows it. Pure and deterministic; neither names nor order of places matter; nothing after the window
 * is looked at. Time grows as n log n in points, spans and lines.
 */
export function rank(given: Recording, settings: RankSettings = rankSettings): Ranking {
  const recording = { ...given, calls: tellingCalls(given) };
  const { toMs } = recording.window;
  const fromMs = recording.window.fromMs ?? findOnset(recording.series, toMs);
  if (fromMs === undefined)
    return { suspects: [], nothingConfidence: 1, isCredible: false, missing: ["no onset, told or found"] };
  const at = { fromMs, toMs };
  const byPlace = Map.groupBy(cluesOf(recording, at, settings), (c) => c.place);
  const onsets = recording.window.fromMs === undefined ? onsetsApart : 1;
  const looks = Math.log(Math.max(1, byPlace.size) * onsets);
  const isAside = asideOf(recording);
  const weighed = recording.places.map(({ id }) => {
    const against = looks + (isAside(id) ? settings.asideNats : 0);
    const best = changesAside(bestOfKinds(byPlace.get(id) ?? [], against, settings));
    return { id, best, score: best.reduce((sum, b) => sum + b.weight, 0), isAside: isAside(id) };
  });
  const { each, nothing } = confidences(
    weighed.map((w) => w.score),
    soundnessOf(recording),
  );
  const suspects = weighed.map((w, i) => ({
    place: w.id,
    confidence: each[i] ?? 0,
    score: w.score,
    ...explain(w.best, w.isAside ? settings.asideNats : 0),
  }));
  return {
    suspects: suspects.toSorted((a, b) => b.score - a.score),
    nothingConfidence: nothing,
    isCredible: each.some((c) => c > nothing),
    fromMs,
    missing: missing(recording, at),
  };
}

/** Calls between places of which nothing was recorded say nothing of the others, not even that these are called by nobody. */
function tellingCalls({ calls, series, spans, logs }: Recording): Recording["calls"] {
  const heard = new Set([series, spans, logs].flatMap((all) => all.map((one) => one.place)));
  return calls.filter((c) => heard.has(c.from) || heard.has(c.to));
}

function cluesOf(recording: Recording, at: Timeline, settings: RankSettings): Clue[] {
  const { series, spans, logs, places } = recording;
  const counting = new Set(series.filter((s) => s.dimension === "requests").map((s) => s.place));
  const resources = series.filter((s) => !(counting.has(s.place) && requestDimensions.has(s.dimension)));
  return unlessFollowing([
    ...requestClues(recording, at, settings),
    ...resourceClues(resources, at, settings),
    ...spanClues(spans, places, at, settings),
    ...logClues(logs, spans, places, at),
    ...changeClues(recording, at, settings),
  ]);
}

/** Where requests are counted, these are weighed along calls. */
const requestDimensions: ReadonlySet<string> = new Set(["requests", "latency", "errors"]);

/** A clue and what it adds to its place's score, in nats. */
interface Weighed {
  readonly clue: Clue;
  readonly weight: number;
}

function bestOfKinds(clues: readonly Clue[], againstNats: number, settings: RankSettings): Weighed[] {
  return [...Map.groupBy(clues, (c) => c.kind).values()].map((all) => {
    const weighed = all.map((clue) => ({ clue, weight: weigh(clue, againstNats, settings) }));
    return weighed.reduce((best, w) => (w.weight > best.weight ? w : best));
  });
}

/** A change adds at most as much as what is seen to be wrong at its place: what changed and shows nothing is a bystander. */
function changesAside(best: readonly Weighed[]): Weighed[] {
  const others = best.reduce((sum, { clue, weight }) => (clue.kind === "changes" ? sum : sum + weight), 0);
  return best.map((b) => (b.clue.kind === "changes" ? { ...b, weight: Math.min(b.weight, others) } : b));
}

/** What saturates grows as a logarithm beyond its bound: there is always a mistake nobody thought of. */
function weigh({ nats, share = 1 }: Clue, againstNats: number, settings: RankSettings): number {
  const saturated = settings.saturationNats * Math.log1p(Math.max(0, nats) / settings.saturationNats);
  return Math.log1p(Math.expm1(saturated) * Math.exp(-againstNats) * share ** settings.shareWeight);
}
