import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rank } from "../../src/loop/diagnosis/rank/rank.ts";
import type { Recording } from "../../src/loop/diagnosis/rank/recording.ts";

/** One fault of known cause. */
export interface FaultCase {
  readonly name: string;
  readonly kind: string;
  readonly truth: string;
  readonly recording: Recording;
}

export interface RankedCase {
  readonly name: string;
  readonly kind: string;
  readonly truth: string;
  /** Places, the likeliest first. */
  readonly ranking: readonly { readonly place: string; readonly score: number; readonly confidence: number }[];
  /** Places before the truth, and others that score the same. */
  readonly before: number;
  readonly ties: number;
  readonly isCredible: boolean;
  /** What speaks for the first. */
  readonly evidence: readonly string[];
}

export function rankCase({ name, kind, truth, recording }: FaultCase): RankedCase {
  const { suspects, isCredible } = rank(recording);
  const ranking = suspects.map(({ place, score, confidence }) => ({ place, score, confidence }));
  const mine = ranking.find((r) => r.place === truth)?.score ?? -Infinity;
  const before = ranking.filter((r) => r.score > mine).length;
  const ties = ranking.filter((r) => r.score === mine && r.place !== truth).length;
  const [first] = suspects;
  return {
    name,
    kind,
    truth,
    ranking,
    before,
    ties,
    isCredible,
    evidence: first?.evidenceFor.map((e) => e.text) ?? [],
  };
}

/** Chance that the truth is among the first `k` when what scores the same is in random order. */
export const hit = ({ before, ties }: Pick<RankedCase, "before" | "ties">, k: number): number =>
  Math.min(1, Math.max(0, (k - before) / (ties + 1)));

export const mean = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0) / all.length;

const headMax = 5;

/** What the JSON document says of a case. */
export const shownCase = ({ name, kind, truth, ranking, before, ties, isCredible, evidence }: RankedCase) => ({
  name,
  kind,
  truth,
  rank: before + 1,
  ties,
  confidence: ranking[0]?.confidence ?? 0,
  right: hit({ before, ties }, 1),
  isCredible,
  evidence,
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
