import { expect, it } from "vitest";
import type { World } from "../../src/engine/world.ts";
import { AdapterError } from "../../src/ports/adapter-error.ts";
import { loadShopCare } from "./care.ts";
import { violations } from "./invariants.ts";
import { drawScenario, type Scenario } from "./scenario.ts";
import { simulate, type Happened } from "./simulate.ts";

const {
  broken: _,
  stop: _stop,
  outsiderAtMs: _outsider,
  endsAtMs: _ends,
  recommitAtMs: _commit,
  ...drawn
} = drawScenario(1);
const calm: Scenario = {
  ...drawn,
  environment: "staging",
  fault: "bad-release",
  service: "cart",
  faultAtMs: 10_000,
  controllers: 2,
  blowChance: 0,
  fatalEdges: [],
  naughtiness: 0,
  databaseFails: 0,
  alerted: false,
};

const recordsOf = ({ seen }: Happened, type: string) =>
  seen.flatMap((s) => (s.type === "recorded" && s.record.type === type ? [s.record] : []));
const statesOf = async ({ store }: Happened) => (await store.incidents.list({ limit: 10 })).map((i) => i.state);

it(
  "a run that met a stop in the middle goes on when it is lifted, and does nothing twice",
  { timeout: 120_000 },
  async () => {
    const care = await loadShopCare();
    const first = (await simulate(calm, care)).effects[0];
    expect(first).toBeDefined();
    const stopAtMs = (first?.atMs ?? 0) - 1_790_000_000_000 + 50;
    const stop = { atMs: stopAtMs, scope: { kind: "service", value: "cart" } as const, liftedAtMs: stopAtMs + 400_000 };
    const happened = await simulate({ ...calm, stop }, care);
    expect(await violations(happened)).toEqual([]);
    expect(recordsOf(happened, "run.held").length).toBe(1);
    expect(recordsOf(happened, "run.resumed").length).toBe(1);
    expect(await statesOf(happened)).toEqual(["resolved"]);
    expect(new Set(happened.effects.map((e) => e.key.split("/")[0])).size, "one run").toBe(1);
  },
);

it("an effect whose record the database refused once is on record all the same", { timeout: 120_000 }, async () => {
  const care = await loadShopCare();
  const refused = new Set<string>();
  const away = (world: World): World => ({
    ...world,
    record: async (...records) => {
      for (const { key, type } of records)
        if (type === "step.completed" && !refused.has(key)) {
          refused.add(key);
          throw new AdapterError("unavailable", "the database is away", { retryable: true });
        }
      await world.record(...records);
    },
  });
  const happened = await simulate(calm, care, { world: away });
  expect(refused.size).toBeGreaterThan(0);
  expect(await violations(happened)).toEqual([]);
  expect(await statesOf(happened)).toEqual(["resolved"]);
});

it("a plan that went stale during a stop is taken back and made anew", { timeout: 120_000 }, async () => {
  const care = await loadShopCare();
  const first = (await simulate(calm, care)).effects[0];
  const stopAtMs = (first?.atMs ?? 0) - 1_790_000_000_000 + 50;
  const stop = { atMs: stopAtMs, scope: { kind: "all", value: "" } as const, liftedAtMs: stopAtMs + 200_000 };
  const happened = await simulate({ ...calm, stop, recommitAtMs: stopAtMs + 60_000 }, care);
  expect(await violations(happened)).toEqual([]);
  expect(recordsOf(happened, "rollback.started").length).toBe(1);
  expect(await statesOf(happened)).toEqual(["resolved"]);
});

it("what goes wrong after people were called is healed all the same", { timeout: 120_000 }, async () => {
  const care = await loadShopCare();
  const second = { fault: "bad-release", service: "payment", atMs: 600_000 } as const;
  const happened = await simulate({ ...calm, fault: "hidden", service: "cart", second }, care);
  expect(await violations(happened)).toEqual([]);
  expect(recordsOf(happened, "outcome.reached").length).toBeGreaterThan(1);
  const touched = new Set(happened.effects.filter((e) => e.changes > 0).map((e) => e.service));
  expect(touched).toContain("payment");
});

it("an incident nobody can heal is not told again and again", { timeout: 120_000 }, async () => {
  const care = await loadShopCare();
  const happened = await simulate({ ...calm, fault: "hidden", service: "cart" }, care);
  expect(await violations(happened)).toEqual([]);
  const told = recordsOf(happened, "diagnosis.made").map((r) => JSON.stringify(r.body["hypotheses"]));
  expect(told.length).toBeGreaterThan(0);
  expect(told.length, "looks that saw something new").toBeLessThan(6);
  expect(await statesOf(happened)).toContain("escalated");
});
