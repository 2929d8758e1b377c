import { parseArgs } from "node:util";

/** What a data set's benchmark answers: its figures by their published names, and one entry for each case or file. */
export interface SetAnswer {
  readonly scores: Readonly<Record<string, number>>;
  readonly cases: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Runs one data set's benchmark as a program: `--data DIR` is a folder laid out as the set's, `--dump DIR` takes the raw answers,
 * `--json` prints one document. It fails only if it could not run; figures are reported as they are.
 */
export async function playSet(
  set: string,
  play: (dataDir: string, dumpDir: string | undefined) => Promise<SetAnswer>,
): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      dump: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  if (values.data === undefined) throw new Error(`name the folder of \`${set}\`: --data DIR`);
  const startMs = performance.now();
  const { scores, cases } = await play(values.data, values.dump);
  const seconds = (performance.now() - startMs) / 1000;
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  if (values.json) console.log(JSON.stringify({ set, scores, cases, seconds, peakMiB }));
  else printSet(set, { scores, cases }, seconds, peakMiB);
}

function printSet(set: string, { scores, cases }: SetAnswer, seconds: number, peakMiB: number): void {
  const width = Math.max(...Object.keys(scores).map((name) => name.length));
  console.log(`${set}: ${cases.length} cases, ${seconds.toFixed(1)} s, ${peakMiB.toFixed(0)} MiB at most`);
  for (const [name, score] of Object.entries(scores)) console.log(`  ${name.padEnd(width)}  ${shown(score)}`);
}

/** Rates in whole numbers, shares with three places. */
export const shown = (score: number): string =>
  Math.abs(score) >= 1000 ? Math.round(score).toLocaleString("en") : String(Number(score.toFixed(3)));
