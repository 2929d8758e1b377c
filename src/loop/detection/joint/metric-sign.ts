import { toldStream, type OddStream } from "../metrics/metrics-finding.ts";
import { signMax, type Sign } from "./sign.ts";

/** The time in which what is unusual counts as now. */
const windowMs = 120_000;

/**
 * What the unusual streams of one kind say together, of `streams` of that kind. Streams of a kind tell much the same, so their chances are
 * not multiplied: that the k-th least of m chances is as small as p has a chance of at most m / k times p however they hang
 * together, and that any of them is, at most 1 + 1/2 + ... + 1/m times as much (Hommel 1983). One odd stream among hundreds says
 * little, all of hundreds hardly more than one of one.
 */
export function metricSign(
  odd: readonly OddStream[],
  chanceOf: (stream: OddStream) => number,
  streams: number,
  nowMs: number,
): Sign | undefined {
  const worst = odd.map((stream) => ({ stream, chance: chanceOf(stream) })).toSorted((a, b) => a.chance - b.chance);
  const [first] = worst;
  if (!first) return undefined;
  const all = Math.max(streams, worst.length);
  const least = Math.min(...worst.map(({ chance }, i) => (all / (i + 1)) * chance));
  const chance = Math.min(1, harmonic(all) * least);
  const since = Math.min(...worst.map(({ stream: s }) => s.score.explanation?.sinceMs ?? s.atMs));
  return chance < signMax
    ? {
        dimension: first.stream.kind,
        from: "metrics",
        chance,
        sinceMs: Math.max(since, nowMs - windowMs),
        told: () => toldStream(first.stream),
      }
    : undefined;
}

/** 1 + 1/2 + ... + 1/m, near enough. */
const harmonic = (m: number): number => (m <= 1 ? 1 : Math.log(m) + 0.5772 + 1 / (2 * m));
