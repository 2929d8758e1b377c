import type { Series } from "./recording.ts";
import { sum } from "./sample.ts";

/** At least this many points stand on either side of an onset, and this share of all. */
const sideMin = 4;
const sideShare = 0.1;
/** How many onsets a record has that can be told apart: as many looks cost a search for one. */
export const onsetsApart = 1 / sideShare;
/** The share of a series' variance that no split leaves: so one that is split cleanly does not outvote all others. */
const restMin = 1e-3;

/**
 * When the series changed together: the time that splits them best, by the sum over series of the log-likelihood ratio of two levels against
 * one, on ranks, so that neither the unit nor a wild value of a series matters. Undefined when there are too few points. Looks at no point after `toMs`.
 */
export function findOnset(series: readonly Series[], toMs: number): number | undefined {
  const gains = new Map<number, number>();
  for (const s of series)
    for (const { timeMs, gain } of splitsOf(s, toMs)) gains.set(timeMs, (gains.get(timeMs) ?? 0) + gain);
  const most = [...gains.values()].reduce((a, b) => Math.max(a, b), 0);
  return [...gains].find(([, gain]) => gain === most)?.[0];
}

/** What each split of one series gains, in nats. */
function splitsOf({ timesMs, values }: Series, toMs: number): { timeMs: number; gain: number }[] {
  const points = timesMs
    .map((timeMs, i) => ({ timeMs, value: values[i] ?? NaN }))
    .filter((p) => p.timeMs <= toMs && Number.isFinite(p.value))
    .toSorted((a, b) => a.timeMs - b.timeMs);
  const many = points.length;
  const side = Math.max(sideMin, Math.ceil(many * sideShare));
  const ranks = ranksOf(points.map((p) => p.value));
  const variance = sum(ranks.map((r) => r * r));
  if (variance === 0) return [];
  let before = 0;
  return points.flatMap(({ timeMs }, i) => {
    const explained = (before * before) / i + (before * before) / (many - i);
    before += ranks[i] ?? 0;
    if (i < side || many - i < side) return [];
    return [{ timeMs, gain: -(many / 2) * Math.log(Math.max(restMin, 1 - explained / variance)) }];
  });
}

/** Ranks about their mean; ties share the middle of theirs. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = values.map(() => 0);
  let from = 0;
  for (const [at, index] of order.entries()) {
    if (values[order[at + 1] ?? -1] === values[index]) continue;
    for (const tied of order.slice(from, at + 1)) ranks[tied] = (from + at - (values.length - 1)) / 2;
    from = at + 1;
  }
  return ranks;
}
