import { expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import type { DurableStatus } from "../../src/ports/durable.ts";
import { loadShopCare } from "./care.ts";
import { violations } from "./invariants.ts";
import { drawScenario } from "./scenario.ts";
import { simulate } from "./simulate.ts";

const calm = {
  environment: "staging",
  blowChance: 0,
  fatalEdges: [],
  naughtiness: 0,
  databaseFails: 0,
  alerted: false,
} as const;
const faults = ["bad-release", "bad-config", "bad-flag", "crash-loop", "hang", "hidden"] as const;

it.each(faults)("heals %s, whichever edge somebody dies at", { timeout: 300_000 }, async (fault) => {
  const care = await loadShopCare();
  const { broken: _, stop: _stop, outsiderAtMs: _outsider, endsAtMs: _ends, ...drawn } = drawScenario(1);
  const scenario = { ...drawn, ...calm, fault, service: fault === "hang" ? "ledger" : "cart", controllers: 2 };
  const undisturbed = await simulate(scenario, care);
  const outcome = outcomeOf(undisturbed.runs);
  expect(outcome).toBe(fault === "hidden" ? "escalated" : "resolved");
  // Long heals go the same ways again and again: later edges are sampled.
  for (let edge = 1; edge <= undisturbed.edgesPassed; edge += edge < 100 ? 1 : 4) {
    const happened = await simulate({ ...scenario, fatalEdges: [edge] }, care);
    expect(await violations(happened), `edge ${edge}: ${happened.blows[0]}`).toEqual([]);
    expect(outcomeOf(happened.runs), `edge ${edge}: ${happened.blows[0]}`).toBe(outcome);
  }
});

const outcomeOf = (runs: readonly DurableStatus[]): unknown =>
  (runs.find((r) => r.story === "heal")?.output as JsonObject | undefined)?.["outcome"];
