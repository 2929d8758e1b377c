import { playOnce } from "../examples/demo/demo.ts";
import { scenarios } from "../examples/shop/draw.ts";
import { killOnce } from "./systems/kills.ts";

/**
 * `npm run soak`: each scenario ten times with fresh seeds, and fifty random kills; two at a time. Prints a line each and
 * a sum; exits 1 when anything was wrong. `-- ROUNDS KILLS SEED AT_ONCE` changes the numbers.
 */
const [rounds = 10, kills = 50, seed = Date.now() % 1_000_000, atOnce = 2] = process.argv.slice(2).map(Number);

interface Task {
  readonly name: string;
  readonly run: (say: (text: string) => void) => Promise<{ right: boolean; why: string }>;
}

const plays: Task[] = Array.from({ length: rounds }, (_, round) =>
  scenarios.map((scenario) => ({
    name: `${scenario} seed ${seed + round}`,
    run: (say: (text: string) => void) => playOnce(scenario, { seed: seed + round }, say),
  })),
).flat();

const deaths: Task[] = Array.from({ length: kills }, (_, i) => ({
  name: `kill seed ${seed + i}`,
  run: async (say) => {
    const { scenario, healed, verified, compared, states } = await killOnce(seed + i, say);
    const wrong = [
      ...(healed ? [] : [`not healed (${states.join(", ")})`]),
      ...(verified ? [] : ["the log does not verify"]),
      ...compared.disagreements,
    ];
    return {
      right: wrong.length === 0,
      why: wrong.length === 0 ? `${scenario} healed, ${compared.acts} acts` : wrong.join("; "),
    };
  },
}));

const tasks = [...plays, ...deaths];
const wrong: string[] = [];
// What is under way ends itself; nothing new begins.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => tasks.splice(0));
const total = tasks.length;
const worker = async (): Promise<void> => {
  for (let task = tasks.shift(); task; task = tasks.shift()) {
    const told: string[] = [];
    const result = await task
      .run((text) => told.push(text))
      .catch((error: unknown) => ({ right: false, why: String(error) }));
    process.stdout.write(`${result.right ? "right" : "WRONG"}  ${task.name}: ${result.why}\n`);
    if (!result.right) process.stdout.write(`${told.map((line) => `    ${line}`).join("\n")}\n`);
    if (!result.right) wrong.push(task.name);
  }
};
await Promise.all(Array.from({ length: atOnce }, worker));
process.stdout.write(`${total - wrong.length} right, ${wrong.length} wrong, of ${total}\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
