import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { currentOf, templateText } from "../../src/loop/detection/templates/log-template.ts";
import { createTemplateMiner } from "../../src/loop/detection/templates/miner.ts";
import { playSet, type SetAnswer } from "./play-set.ts";
import { columnsOf, readCsv } from "./read-csv.ts";
import { scoreTemplates } from "./score-templates.ts";

/** The corrected templates of a system: a folder with one such file. */
const corrected = "_structured_corrected.csv";
/** A system's lines are mined so often, each time from nothing, for the rate. */
const rounds = 20;

interface System {
  readonly name: string;
  readonly lines: readonly string[];
  readonly truth: readonly string[];
}

interface Cost {
  readonly miningS: number;
  readonly splittingS: number;
}

/**
 * Templates of each system's lines (the `Content` column, as published evaluations take it), by one miner a system with the shipped
 * defaults. The template of a line is what its template has become at the end of the file. Rates count CPU time of the miner alone.
 */
async function play(dataDir: string, dumpDir: string | undefined): Promise<SetAnswer> {
  const systems = await readSystems(dataDir);
  if (systems.length === 0) throw new Error(`\`${dataDir}\` holds no folder with a \`*${corrected}\``);
  const found = systems.map(({ lines }) => mine(lines));
  if (dumpDir !== undefined) await dump(dumpDir, systems, found);
  const scored = systems.map(({ truth }, i) => scoreTemplates(truth, found[i] ?? []));
  const costs = systems.map(({ lines }) => costOf(lines));
  const cases = systems.map((system, i) => ({ case: system.name, ...scored[i], ...rates(system, costs[i] as Cost) }));
  const mean = (name: string) => scored.reduce((sum, s) => sum + (s[name] as number), 0) / scored.length;
  const mined = systems.reduce((sum, { lines }) => sum + lines.length * rounds, 0);
  const miningS = costs.reduce((sum, cost) => sum + cost.miningS, 0);
  return {
    scores: { GA: mean("GA"), FGA: mean("FGA"), PA: mean("PA"), FTA: mean("FTA"), linesPerSecond: mined / miningS },
    cases,
  };
}

async function readSystems(dataDir: string): Promise<System[]> {
  const systems: System[] = [];
  for (const { name } of (await readdir(dataDir, { withFileTypes: true })).filter((entry) => entry.isDirectory())) {
    const file = (await readdir(join(dataDir, name))).find((entry) => entry.endsWith(corrected));
    if (file === undefined) continue;
    const columns = columnsOf(readCsv(join(dataDir, name, file)));
    systems.push({
      name,
      lines: columns.get("Content") ?? [],
      truth: columns.get("EventTemplate") ?? [],
    });
  }
  return systems.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function mine(lines: readonly string[]): string[] {
  const miner = createTemplateMiner();
  return lines.map((line) => miner.take(line)).map((template) => templateText(currentOf(template)));
}

/** CPU time of mining, and of merely splitting lines into words, the same number of lines. */
function costOf(lines: readonly string[]): Cost {
  const [startS, again] = [cpuS(), Array.from({ length: rounds })];
  again.forEach(() => {
    const miner = createTemplateMiner();
    for (const line of lines) miner.take(line);
  });
  const minedS = cpuS();
  let words = 0;
  again.forEach(() => lines.forEach((line) => (words += line.split(/\s+/).length)));
  return { miningS: minedS - startS, splittingS: words > 0 ? cpuS() - minedS : 0 };
}

function cpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const rates = ({ lines }: System, { miningS, splittingS }: Cost): Record<string, number> => ({
  lines: lines.length,
  linesPerSecond: (lines.length * rounds) / miningS,
  splittingLinesPerSecond: (lines.length * rounds) / splittingS,
  miningToSplitting: miningS / splittingS,
});

/** `<system>.txt`: the template of each line, a line each. */
async function dump(dir: string, systems: readonly System[], found: readonly (readonly string[])[]): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [i, { name }] of systems.entries()) await writeFile(join(dir, `${name}.txt`), `${found[i]?.join("\n")}\n`);
}

await playSet("loghub-2k", play);
