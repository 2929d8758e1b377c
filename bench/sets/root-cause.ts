import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rank, type Ranking } from "../../src/loop/diagnosis/rank/rank.ts";
import type { Recording } from "../../src/loop/diagnosis/rank/recording.ts";

/** One fault of known cause. `candidateOf` maps a ranked place to what the set's scoring counts, or to nothing. */
export interface FaultCase {
  readonly name: string;
  readonly kind: string;
  readonly truth: string;
  readonly recording: Recording;
  readonly candidateOf?: (place: string) => string | undefined;
}

export interface RankedCase {
  readonly name: string;
  readonly kind: string;
  readonly truth: string;
  /** Candidates, the likeliest first, with scores. */
  readonly ranking: readonly { readonly candidate: string; readonly score: number }[];
  /** Places before the truth, and others that score the same. */
  readonly before: number;
  readonly ties: number;
}

export function rankCase({ name, kind, truth, recording, candidateOf = (p) => p }: FaultCase): RankedCase & {
  readonly full: Ranking;
} {
  const full = rank(recording);
  const best = new Map<string, number>();
  for (const { place, score } of full.suspects) {
    const candidate = candidateOf(place);
    if (candidate !== undefined && !best.has(candidate)) best.set(candidate, score);
  }
  const ranking = [...best].map(([candidate, score]) => ({ candidate, score }));
  const mine = best.get(truth) ?? -Infinity;
  const before = ranking.filter((r) => r.score > mine).length;
  const ties = ranking.filter((r) => r.score === mine && r.candidate !== truth).length;
  return { name, kind, truth, ranking, before, ties, full };
}

/** Chance that the truth is among the first `k` when what scores the same is in random order. */
export const hit = ({ before, ties }: RankedCase, k: number): number =>
  Math.min(1, Math.max(0, (k - before) / (ties + 1)));

export const mean = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0) / all.length;

const headMax = 5;

/** What the JSON document says of a case. */
export const shownCase = ({ name, kind, truth, ranking, before, ties }: RankedCase) => ({
  name,
  kind,
  truth,
  rank: before + 1,
  ties,
  ranking: ranking.slice(0, headMax),
});

/** Writes the whole ranking of each case, one JSON file a case. */
export function dumpCases(dumpDir: string | undefined, cases: readonly RankedCase[]): void {
  if (dumpDir === undefined) return;
  mkdirSync(dumpDir, { recursive: true });
  for (const c of cases)
    writeFileSync(
      join(dumpDir, `${c.name.replaceAll("/", "_")}.json`),
      `${JSON.stringify({ name: c.name, truth: c.truth, ranking: c.ranking })}\n`,
    );
}
