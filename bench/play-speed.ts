import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** The benchmarks of speed and memory, each a program with its flags. */
const benches: Readonly<Record<string, readonly string[]>> = {
  ingest: ["bench/ingest.ts"],
  streams: ["bench/streams.ts"],
  alerts: ["bench/alerts.ts"],
  archive: ["bench/archive.ts"],
  diagnosis: ["bench/diagnosis.ts"],
  "series-memory": ["--expose-gc", "bench/series-memory.ts"],
};
const takesFull = new Set(["alerts"]);
const root = fileURLToPath(new URL("..", import.meta.url));

type Value = string | number | boolean | null;
type Figures = ReadonlyMap<string, Value>;

async function play(bench: string, full: boolean): Promise<Figures> {
  const args = [...(benches[bench] ?? []), "--json", ...(full && takesFull.has(bench) ? ["--full"] : [])];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (code !== 0) throw new Error(`the benchmark \`${bench}\` ended with ${String(code)}`);
  return new Map(flat(JSON.parse(said)));
}

/** Members of members by their path, as `burst.toDecision.p50Ms`. */
const flat = (value: unknown, path: readonly string[] = []): [string, Value][] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, member]) => flat(member, [...path, key]))
    : [[path.join("."), value as Value]];

/** The median of each figure; of an even number of runs the lower one of the middle two. */
function medians(all: readonly Figures[]): Record<string, Value> {
  const of = (key: string): Value => {
    const found = all.map((figures) => figures.get(key) ?? null);
    if (!found.every((v) => typeof v === "number")) return found[0] ?? null;
    return found.toSorted((a, b) => a - b)[Math.floor((found.length - 1) / 2)] ?? null;
  };
  return Object.fromEntries([...(all[0]?.keys() ?? [])].map((key) => [key, of(key)]));
}

/** Runs the benchmark of a name, or all, one after the other, each in a process of its own; prints medians of `runs`. */
export async function playSpeed(name: string, { full, json, runs }: { full: boolean; json: boolean; runs: number }) {
  const chosen = name === "all" ? Object.keys(benches) : [name];
  const results: Record<string, Record<string, Value>> = {};
  for (const bench of chosen) {
    const all: Figures[] = [];
    for (let run = 0; run < runs; run++) all.push(await play(bench, full));
    const found = (results[bench] = medians(all));
    if (!json) print(bench, runs, found);
  }
  if (json) console.log(JSON.stringify({ runs, full, results }));
}

function print(bench: string, runs: number, found: Record<string, Value>): void {
  console.log(`\n${bench}${runs > 1 ? `, medians of ${runs} runs` : ""}`);
  const width = Math.max(...Object.keys(found).map((key) => key.length));
  for (const [key, value] of Object.entries(found))
    console.log(`  ${key.padEnd(width)}  ${typeof value === "number" ? value.toLocaleString("en") : String(value)}`);
}

export const speedNames: readonly string[] = Object.keys(benches);
