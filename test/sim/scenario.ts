import { seededRandom, type Random } from "../../src/kernel/random.ts";
import type { StopScope } from "../../src/loop/decision/decision.ts";

export type Fault = "bad-release" | "bad-config" | "bad-flag" | "crash-loop" | "hang" | "hidden" | "blip";
export type Broken = "policy" | "stops" | "target" | "telemetry";

/** One simulated heal, drawn from a seed. Times are ms after the start. */
export interface Scenario {
  readonly seed: number;
  readonly environment: "staging" | "production" | "unopened";
  readonly fault: Fault;
  readonly service: string;
  readonly faultAtMs: number;
  /** Something else goes wrong elsewhere later. */
  readonly second?: { readonly fault: Fault; readonly service: string; readonly atMs: number };
  /** When the fault ends by itself. */
  readonly endsAtMs?: number;
  readonly controllers: number;
  /** Chance of a blow at one point of a controller, and how many there are at most. */
  readonly blowChance: number;
  readonly crashesMax: number;
  /** Passing the how manyth durable step's edge (before, after, recorded) kills who passes it. */
  readonly fatalEdges: readonly number[];
  /** The first who passes the edge of this name is killed. */
  readonly fatalEdge?: string;
  readonly pausesMax: number;
  /** 0: actuators do as they should. */
  readonly naughtiness: number;
  readonly databaseFails: number;
  readonly broken?: Broken;
  readonly stop?: { readonly atMs: number; readonly scope: StopScope; readonly liftedAtMs?: number };
  /** Somebody else deploys meanwhile. */
  readonly outsiderAtMs?: number;
  /** The care repo gets another commit meanwhile. */
  readonly recommitAtMs?: number;
  readonly approval: "approve" | "deny" | "nobody";
  readonly approvalAfterMs: number;
  /** Opened by an alert, too, told twice and late. */
  readonly alerted: boolean;
}

const curable: readonly [Fault, ...Fault[]] = ["bad-release", "bad-config", "bad-flag", "crash-loop"];
const faults: readonly [Fault, ...Fault[]] = [
  "bad-release",
  "bad-config",
  "bad-flag",
  "crash-loop",
  "hang",
  "hidden",
  "blip",
];
const broken: readonly [Broken, ...Broken[]] = ["policy", "stops", "target", "telemetry"];

export function drawScenario(seed: number): Scenario {
  const random = seededRandom(seed * 7_919 + 1);
  const draw: Draw = {
    random,
    chance: (p) => random() < p,
    between: (low, high) => Math.floor(low + random() * (high - low)),
    one: (of) => of[Math.floor(random() * of.length)] ?? of[0],
  };
  const { chance, between, one } = draw;
  const fault = one(faults);
  const service = fault === "hang" ? "ledger" : one(["gateway", "cart", "payment"]);
  const faultAtMs = between(10_000, 20_000);
  return {
    seed,
    environment: chance(0.7) ? "staging" : chance(0.85) ? "production" : "unopened",
    fault,
    service,
    faultAtMs,
    controllers: between(1, 4),
    approval: chance(0.8) ? "approve" : chance(0.5) ? "deny" : "nobody",
    approvalAfterMs: between(1_000, 60_000),
    alerted: chance(0.3),
    ...drawBlows(draw),
    ...drawWhims(draw),
    ...drawEvents(draw, fault, service, faultAtMs),
  };
}

interface Draw {
  readonly random: Random;
  chance(p: number): boolean;
  between(low: number, high: number): number;
  one<T>(of: readonly [T, ...T[]]): T;
}

const drawBlows = ({ random, chance, between }: Draw) => ({
  blowChance: chance(0.3) ? 0 : 10 ** -(2 + random() * 1.5),
  crashesMax: between(0, 5),
  pausesMax: between(0, 3),
  fatalEdges: chance(0.4) ? [] : Array.from({ length: between(1, 4) }, () => 1 + Math.floor(160 * random() ** 1.5)),
});

const drawWhims = ({ random, chance, one }: Draw) => ({
  naughtiness: chance(0.4) ? 0 : random() * 0.6,
  databaseFails: chance(0.8) ? 0 : 0.002,
  ...(chance(0.08) ? { broken: one(broken) } : {}),
});

function drawEvents({ random, chance, between, one }: Draw, fault: Fault, service: string, faultAtMs: number) {
  const stopAtMs = faultAtMs + between(0, 90_000);
  return {
    ...(fault === "blip" || chance(0.05) ? { endsAtMs: faultAtMs + between(10_000, 40_000) } : {}),
    ...(chance(0.15)
      ? { stop: { atMs: stopAtMs, scope: drawScope(random, service), ...lifted(random, stopAtMs) } }
      : {}),
    ...(chance(0.1) ? { outsiderAtMs: faultAtMs + between(5_000, 80_000) } : {}),
    ...(chance(0.1) ? { recommitAtMs: faultAtMs + between(5_000, 80_000) } : {}),
    ...(chance(0.06)
      ? {
          second: {
            fault: one(curable),
            service: one(["gateway", "payment"]),
            atMs: faultAtMs + between(30_000, 900_000),
          },
        }
      : {}),
  };
}

const lifted = (random: Random, stopAtMs: number) =>
  random() < 0.5 ? {} : { liftedAtMs: stopAtMs + 5_000 + Math.floor(random() * 60_000) };

function drawScope(random: Random, service: string): StopScope {
  const scopes: StopScope[] = [
    { kind: "all", value: "" },
    { kind: "environment", value: "staging" },
    { kind: "service", value: service },
    { kind: "runbook", value: "release-rollback" },
  ];
  return scopes[Math.floor(random() * scopes.length)] ?? { kind: "all", value: "" };
}
