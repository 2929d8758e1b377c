import { expect, test } from "vitest";
import type { Gate } from "../loop/plan/runbook.ts";
import type { Plan } from "../loop/plan/plan.ts";
import { checkGates } from "./check-gates.ts";
import type { World } from "./world.ts";

const service = {
  name: "cart",
  environment: "demo",
  dependsOn: [],
  emitsTelemetry: true,
  synthetics: [],
  instances: [{ name: "cart-1", healthUrl: "http://127.0.0.1:1/healthz" }],
};
const world = {
  clock: { nowMs: () => 1_000_000 },
  config: () => ({ services: [service], slos: [] }),
  telemetry: { edges: () => Promise.resolve([]) },
  checker: { health: () => Promise.resolve({ well: true, text: "it answers" }) },
} as unknown as World;
const plan = { service: "cart", environment: "demo", incidentId: "inc-1" } as unknown as Plan;

const synthetic: Gate = { type: "synthetic", successes: 1 };
const nothingToLookAt: Gate[] = [synthetic, { type: "slo", forMs: 15_000 }, { type: "dependents", forMs: 15_000 }];

test("a gate that has nothing to look at is not among what passed", async () => {
  const seen = await checkGates(world, plan, [...nothingToLookAt, { type: "health", successes: 1 }], 0);
  expect(seen).toMatchObject({ verdict: "pass", gates: [{ gate: "health of cart", verdict: "pass" }] });
});

test("gates that all have nothing to look at pass nothing", async () => {
  expect(await checkGates(world, plan, nothingToLookAt, 0)).toMatchObject({ verdict: "inconclusive", gates: [] });
});
