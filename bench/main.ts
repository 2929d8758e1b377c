import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** `npm run bench -- NAME|all [--full] [--runs N] [--json]`: runs benchmarks one after the other, each in a process of its own. */
const benches: Readonly<Record<string, readonly string[]>> = {
  ingest: ["bench/ingest.ts"],
  alerts: ["bench/alerts.ts"],
  "series-memory": ["--expose-gc", "bench/series-memory.ts"],
};
const takesFull = new Set(["alerts"]);
const root = fileURLToPath(new URL("..", import.meta.url));

type Value = string | number | boolean | null;
type Figures = ReadonlyMap<string, Value>;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    runs: { type: "string", default: "1" },
  },
});
const [name = "all"] = positionals;
const chosen = name === "all" ? Object.keys(benches) : [name];
const runs = Number(values.runs);
if (chosen.some((n) => !(n in benches)))
  throw new Error(`there is no benchmark \`${name}\`: choose ${Object.keys(benches).join(", ")} or all`);
if (!Number.isInteger(runs) || runs < 1) throw new Error(`\`${values.runs}\` is not a number of runs, give 1 or more`);

async function play(bench: string): Promise<Figures> {
  const args = [...(benches[bench] ?? []), "--json", ...(values.full && takesFull.has(bench) ? ["--full"] : [])];
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

const results: Record<string, Record<string, Value>> = {};
for (const bench of chosen) {
  const all: Figures[] = [];
  for (let run = 0; run < runs; run++) all.push(await play(bench));
  const found = (results[bench] = medians(all));
  if (values.json) continue;
  console.log(`\n${bench}${runs > 1 ? `, medians of ${runs} runs` : ""}`);
  const width = Math.max(...Object.keys(found).map((key) => key.length));
  for (const [key, value] of Object.entries(found))
    console.log(`  ${key.padEnd(width)}  ${typeof value === "number" ? value.toLocaleString("en") : String(value)}`);
}
if (values.json) console.log(JSON.stringify({ runs, full: values.full, results }));
