import type { RedBucket } from "../../src/loop/detection/red.ts";
import { beforeAll, describe, expect, it } from "vitest";
import type { World } from "../../src/engine/world.ts";
import type { ActiveConfig } from "../../src/ports/config.ts";
import type { Lease, Store } from "../../src/ports/store.ts";
import { loadShopCare } from "./care.ts";
import { violations } from "./invariants.ts";
import { drawScenario, type Scenario } from "./scenario.ts";
import { simulate, type Tamper } from "./simulate.ts";

/** Without the guard one of this many heals has to go wrong, and with it none of them. */
const healsMax = 300;

/** A world without one of its guards, and the circumstances in which it was needed. */
interface Unguarded {
  readonly invariant: string;
  readonly without: string;
  readonly tamper: Tamper;
  readonly over?: (drawn: Scenario) => Partial<Scenario>;
}

const withStore = (change: (store: Store) => Partial<Store>): Tamper => ({
  world: (world) => ({ ...world, store: { ...world.store, ...change(world.store) } }),
});
/** Telemetry that hides every failure. */
const flawless = (bucket: RedBucket): RedBucket => ({ ...bucket, errors: 0, ownErrors: 0 });

const withWorld = (change: (world: World) => Partial<World>): Tamper => ({
  world: (world) => ({ ...world, ...change(world) }),
});
const anyLease = (name: string, holder: string): Lease => ({ name, holder, token: 1, expiresAtMs: Infinity });
const always = { type: "condition", expression: "true" } as const;

const quiet = { broken: undefined, stop: undefined, outsiderAtMs: undefined, environment: "staging" } as const;
const rough = { ...quiet, blowChance: 0.01, crashesMax: 4, pausesMax: 3 };

const worlds: readonly Unguarded[] = [
  {
    invariant: "I1",
    without: "the record of the decision",
    tamper: withWorld((world) => ({
      record: (...records) => world.record(...records.filter((r) => r.type !== "decision.made")),
    })),
    over: () => quiet,
  },
  {
    invariant: "I1",
    without: "the approval that was asked for",
    tamper: withStore(({ approvals }) => {
      const used = new Set<string>();
      return {
        approvals: {
          ...approvals,
          get: async (digest) => {
            const found = await approvals.get(digest);
            const bob = { answer: "approve" as const, planDigest: digest, by: "bob", roles: ["approver"], atMs: 0 };
            return found && { ...found, state: used.has(digest) ? "consumed" : "open", answers: [bob] };
          },
          consume: (digest) => Promise.resolve(used.add(digest).has(digest)),
        },
      };
    }),
    over: () => ({ ...quiet, environment: "production", approval: "nobody" }),
  },
  {
    invariant: "I2",
    without: "intents",
    tamper: withStore(({ runs }) => ({ runs: { ...runs, intend: () => Promise.resolve(true) } })),
    over: () => quiet,
  },
  {
    invariant: "I3",
    without: "memory of what was intended",
    tamper: withStore(({ runs }) => ({
      runs: {
        ...runs,
        intend: (runId, intent) => runs.intend(runId, intent).then(() => true),
        run: async (id) => {
          const run = await runs.run(id);
          return run && { ...run, intents: [], outcomes: [] };
        },
      },
    })),
    over: () => ({ ...rough, fault: "bad-release", service: "cart", naughtiness: 0.5 }),
  },
  {
    invariant: "I4",
    without: "leases",
    tamper: withWorld(({ controller }) => ({
      controller: { ...controller, current: () => Promise.resolve(true) },
      holdTarget: (target, runId) => Promise.resolve(anyLease(target, runId)),
    })),
    over: () => rough,
  },
  {
    invariant: "I5",
    without: "the check that every step has an undo or says why not",
    tamper: {
      config: (config: ActiveConfig) => ({
        ...config,
        runbooks: config.runbooks.map((r) => ({ ...r, steps: r.steps.map((s) => ({ ...s, undo: [] })) })),
      }),
    },
    over: () => quiet,
  },
  {
    invariant: "I6",
    without: "gates and symptoms that look",
    tamper: {
      ...withWorld(({ telemetry }) => ({
        telemetry: { ...telemetry, service: async (...asked) => (await telemetry.service(...asked)).map(flawless) },
      })),
      config: (config: ActiveConfig) => ({
        ...config,
        runbooks: config.runbooks.map((r) => ({
          ...r,
          steps: r.steps.map((s) => ({ ...s, gates: [always] })),
          verify: { ...r.verify, gates: [always], bakeMs: 30_000 },
        })),
      }),
    },
    over: () => ({ ...quiet, fault: "hidden", service: "cart" }),
  },
  {
    invariant: "I7",
    without: "narrowing where policies err",
    tamper: {
      config: (config: ActiveConfig) => ({ ...config, ask: (question) => ({ ...config.ask(question), errors: [] }) }),
    },
    over: () => ({ ...quiet, broken: "policy" }),
  },
  {
    invariant: "I7",
    without: "narrowing where the stop state cannot be read",
    tamper: withWorld(({ stops }) => ({
      stops: () => stops().then((state) => (state.known ? state : { known: true, entries: [] })),
    })),
    over: () => ({ ...quiet, broken: "stops" }),
  },
  {
    invariant: "I8",
    without: "reading the stops",
    tamper: withWorld(() => ({ stops: () => Promise.resolve({ known: true, entries: [] }) })),
    over: ({ faultAtMs }) => ({
      ...quiet,
      stop: { atMs: faultAtMs + 12_000, scope: { kind: "environment", value: "staging" } },
    }),
  },
];

describe("a simulation without a guard goes wrong, and says where:", () => {
  let care: ActiveConfig;
  beforeAll(async () => {
    care = await loadShopCare();
  });
  it.each(worlds)("$invariant without $without", async ({ invariant, tamper, over }) => {
    for (let seed = 1; seed <= healsMax; seed++) {
      const drawn = drawScenario(seed);
      const scenario: Scenario = { ...drawn, ...over?.(drawn) };
      const found = await violations(await simulate(scenario, care, tamper));
      if (!found.some((v) => v.invariant === invariant)) continue;
      expect(await violations(await simulate(scenario, care)), "with the guard").toEqual([]);
      return;
    }
    expect.fail(`${healsMax} heals without the guard, and ${invariant} held in all of them`);
  });
});
