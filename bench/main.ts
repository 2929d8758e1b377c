import { parseArgs } from "node:util";
import { playSpeed, speedNames } from "./play-speed.ts";
import { playSets, setNames } from "./sets/play-sets.ts";

/**
 * `npm run bench -- NAME|all [--full] [--runs N] [--json]` runs benchmarks of speed and memory,
 * `npm run bench -- SET|all --data DIR [--dump DIR] [--json]` those of sight on public data.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string" },
    dump: { type: "string" },
    full: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    runs: { type: "string", default: "1" },
  },
});
const [name = "all"] = positionals;
const runs = Number(values.runs);
const names = values.data === undefined ? speedNames : setNames;
if (values.data === undefined && setNames.includes(name))
  throw new Error(`\`${name}\` needs the folder of the set: --data DIR`);
if (name !== "all" && !names.includes(name))
  throw new Error(
    `there is no benchmark \`${name}\`: choose ${speedNames.join(", ")} or all; or ${setNames.join(", ")} or all with \`--data DIR\``,
  );
if (!Number.isInteger(runs) || runs < 1) throw new Error(`\`${values.runs}\` is not a number of runs, give 1 or more`);

if (values.data === undefined) await playSpeed(name, { full: values.full, json: values.json, runs });
else await playSets(name, { data: values.data, dump: values.dump, json: values.json });
