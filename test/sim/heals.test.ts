import { expect, it } from "vitest";
import { loadShopCare } from "./care.ts";
import { violations } from "./invariants.ts";
import { drawScenario } from "./scenario.ts";
import { simulate, type Happened } from "./simulate.ts";

/** `SIM_SEED=7` replays one heal, `SIM_HEALS=10000` plays more, `SIM_FROM` begins elsewhere. */
const only = process.env["SIM_SEED"];
const from = Number(only ?? process.env["SIM_FROM"] ?? 1);
const heals = only === undefined ? Number(process.env["SIM_HEALS"] ?? 1_000) : 1;
const outcomes = ["resolved", "escalated", "stood-down"];

it(
  `keeps I1 to I8 over ${heals} heals with crashes at every step, pauses, late and doubled messages and lying actuators`,
  { timeout: 600_000 },
  async () => {
    const care = await loadShopCare();
    const tally = newTally();
    for (let seed = from; seed < from + heals; seed++)
      await count(tally, seed, await simulate(drawScenario(seed), care));
    expect(tally.broken.slice(0, 20), `${tally.broken.length} violations`).toEqual([]);
    if (only !== undefined) return;
    // A simulation in which little happens would prove little.
    for (const outcome of outcomes) expect(tally.ends.get(outcome) ?? 0, outcome).toBeGreaterThan(heals / 25);
    expect(tally.effects).toBeGreaterThan(heals);
    for (const [fatalEdge, seed] of tally.passed) {
      if (tally.struck.has(fatalEdge)) continue;
      const happened = await simulate({ ...drawScenario(seed), fatalEdge }, care);
      expect(happened.blows).toContain(fatalEdge);
      expect(await violations(happened), `SIM_SEED=${seed} and a crash at \`${fatalEdge}\``).toEqual([]);
    }
  },
);

interface Tally {
  readonly broken: string[];
  /** Each edge, and the first heal that passed it. */
  readonly passed: Map<string, number>;
  readonly struck: Set<string>;
  readonly ends: Map<string, number>;
  effects: number;
}

const newTally = (): Tally => ({ broken: [], passed: new Map(), struck: new Set(), ends: new Map(), effects: 0 });

async function count(tally: Tally, seed: number, happened: Happened): Promise<void> {
  for (const { invariant, text } of await violations(happened))
    tally.broken.push(`SIM_SEED=${seed} ${invariant}: ${text}`);
  for (const edge of happened.edges) if (!tally.passed.has(edge)) tally.passed.set(edge, seed);
  for (const blow of happened.blows) tally.struck.add(blow);
  for (const { state } of await happened.store.incidents.list({ limit: 10 }))
    tally.ends.set(state, (tally.ends.get(state) ?? 0) + 1);
  tally.effects += happened.effects.length;
}

it("plays the same from the same seed", async () => {
  const care = await loadShopCare();
  for (const seed of [from, from + 1, from + 2]) {
    const [one, other] = [await simulate(drawScenario(seed), care), await simulate(drawScenario(seed), care)];
    expect(other.seen).toEqual(one.seen);
    expect(other.effects).toEqual(one.effects);
  }
});
