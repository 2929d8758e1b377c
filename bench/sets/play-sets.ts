import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { published, type Published } from "./published.ts";
import { shown } from "./play-set.ts";

export const setNames: readonly string[] = Object.keys(published);

interface Played {
  readonly set: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/**
 * Plays one set on the folder `data`, or all sets on its subfolders of their names, each in a process of its own. `dump` of all sets has
 * a subfolder each. Throws when a set could not be run, never for what it scored.
 */
export async function playSets(
  name: string,
  { data, dump, json }: { data: string; dump: string | undefined; json: boolean },
): Promise<void> {
  if (name !== "all") return show(name, data, dump, json);
  const answers: Played[] = [];
  for (const set of setNames.filter((s) => existsSync(join(data, s)))) {
    const said = await play(set, join(data, set), dump && join(dump, set));
    answers.push(JSON.parse(said) as Played);
    if (!json) print(answers.at(-1) as Played, published[set] ?? []);
  }
  if (answers.length === 0) throw new Error(`\`${data}\` holds none of ${setNames.join(", ")}`);
  if (json) console.log(JSON.stringify({ sets: answers }));
  else console.log("\n`noise` is played on the same folder by its own name");
}

async function show(set: string, data: string, dump: string | undefined, json: boolean): Promise<void> {
  process.stdout.write(await play(set, data, dump, json));
}

async function play(set: string, data: string, dump: string | undefined, json = true): Promise<string> {
  const script = fileURLToPath(new URL(`${set}.ts`, import.meta.url));
  const args = [script, "--data", data, ...(dump === undefined ? [] : ["--dump", dump]), ...(json ? ["--json"] : [])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (code !== 0) throw new Error(`the set \`${set}\` could not be run, it ended with ${String(code)}`);
  return said;
}

function print({ set, scores, seconds }: Played, others: readonly Published[]): void {
  const names = Object.keys(scores);
  const rows = [{ name: `Homeostat, ${seconds.toFixed(1)} s`, scores }, ...others];
  console.log(`\n${set.padEnd(40)}${names.map((n) => n.padStart(15)).join("")}`);
  for (const row of rows)
    console.log(`  ${row.name.padEnd(38)}${names.map((n) => cell(row.scores[n]).padStart(15)).join("")}`);
}

const cell = (score: number | undefined): string => (score === undefined ? "" : shown(score));
