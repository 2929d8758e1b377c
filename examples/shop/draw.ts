import type { FlagName, ServiceName } from "./layout.ts";
import { calls, flagNames, flagOwner } from "./layout.ts";
import type { Behaviour } from "./release.ts";
import { between, pick, seeded, wholeBetween, type Random } from "./seeded.ts";
import type { SettingsPatch } from "./settings.ts";

export type Scenario =
  | "bad-release"
  | "slow-release"
  | "crash-loop"
  | "bad-config"
  | "bad-flag"
  | "dependency-down"
  | "needs-approval"
  | "heal-fails"
  | "deploy-mid-heal"
  | "false-alarm"
  | "telemetry-loss"
  | "cold-start";

export const scenarios: readonly Scenario[] = [
  "bad-release",
  "slow-release",
  "crash-loop",
  "bad-config",
  "bad-flag",
  "dependency-down",
  "needs-approval",
  "heal-fails",
  "deploy-mid-heal",
  "false-alarm",
  "telemetry-loss",
  "cold-start",
];

/** A release to be shipped. `emitEvent`: whether its deploy tool tells anybody. */
export interface DrawnRelease {
  readonly service: ServiceName;
  readonly version: string;
  readonly behaviour: Behaviour;
  readonly emitEvent: boolean;
}

export type Fault =
  | { readonly kind: "release"; readonly release: DrawnRelease }
  | {
      readonly kind: "config";
      readonly service: ServiceName;
      readonly patch: SettingsPatch;
      readonly emitEvent: boolean;
    }
  | { readonly kind: "flag"; readonly flag: FlagName; readonly emitEvent: boolean }
  | { readonly kind: "poison"; readonly instance: string }
  | { readonly kind: "hang-store"; readonly how: "stopped" | "deadlocked" }
  /** Both at the same moment: the config breaks, the release is announced and innocent. */
  | { readonly kind: "config-behind-release"; readonly patch: SettingsPatch; readonly release: DrawnRelease }
  | { readonly kind: "blip"; readonly service: ServiceName; readonly forMs: number }
  | { readonly kind: "exporters" };

/** One scenario with everything decided, as data. */
export interface Draw {
  readonly scenario: Scenario;
  readonly seed: number;
  /** The member whose fault it is; `null` where nobody is at fault. */
  readonly culprit: string | null;
  readonly fault: Fault;
  /** Wait before the fault. */
  readonly faultAfterMs: number;
  /** Another service's harmless release, so long after (or before, when negative) the fault. */
  readonly innocent: { readonly release: DrawnRelease; readonly offsetMs: number } | null;
  /** What somebody else ships on the culprit while the heal runs. */
  readonly second: DrawnRelease | null;
}

interface DrawnFault {
  readonly culprit: string | null;
  readonly fault: Fault;
}

const releasing: readonly ServiceName[] = ["catalogue", "cart", "checkout", "payment"];
/** Requests a second that one instance sees under the load generator. */
const usualRate: Readonly<Record<ServiceName, number>> = {
  gateway: 13,
  catalogue: 9.5,
  cart: 7,
  checkout: 2,
  payment: 2,
};

/** Decides a scenario by a seed: the same seed gives the same draw on every machine. */
export function draw(seed: number, scenario: Scenario): Draw {
  const random = seeded(seed * 31 + scenarios.indexOf(scenario));
  const { culprit, fault } = drawers[scenario](random);
  const faultAfterMs = scenario === "cold-start" ? 0 : Math.round(between(random, 0, 3000));
  const innocent = scenario === "cold-start" ? null : drawInnocent(random, culprit ?? blipped(fault));
  const second = scenario === "deploy-mid-heal" && fault.kind === "release" ? drawSecond(random, fault.release) : null;
  return { scenario, seed, culprit, fault, faultAfterMs, innocent, second };
}

const blipped = (fault: Fault): string | null => (fault.kind === "blip" ? fault.service : null);

const drawBadRelease = (random: Random): DrawnFault => shipped(drawRelease(random, failing(random)));

const drawers: Readonly<Record<Scenario, (random: Random) => DrawnFault>> = {
  "bad-release": drawBadRelease,
  "needs-approval": drawBadRelease,
  "deploy-mid-heal": drawBadRelease,
  "cold-start": drawBadRelease,
  "slow-release": (random) => {
    const service = pick(random, releasing);
    return shipped({ ...drawRelease(random, slow(random, service)), service });
  },
  "crash-loop": (random) => {
    const culprit = pick(random, releasing);
    return { culprit, fault: { kind: "poison", instance: `${culprit}-${wholeBetween(random, 1, 2)}` } };
  },
  "bad-config": (random) => {
    const { service, patch } = drawPatch(random);
    return { culprit: service, fault: { kind: "config", service, patch, emitEvent: random() < 0.5 } };
  },
  "heal-fails": (random) => {
    const { service, patch } = drawPatch(random);
    const release = { ...drawRelease(random, { innocent: true }), service, emitEvent: true };
    return { culprit: service, fault: { kind: "config-behind-release", patch, release } };
  },
  "bad-flag": (random) => {
    const flag = pick(random, flagNames);
    return { culprit: flagOwner[flag], fault: { kind: "flag", flag, emitEvent: random() < 0.5 } };
  },
  "dependency-down": (random) => ({
    culprit: "store",
    fault: { kind: "hang-store", how: pick(random, ["stopped", "deadlocked"] as const) },
  }),
  "false-alarm": (random) => {
    const forMs = Math.round(between(random, 3000, 4000));
    return { culprit: null, fault: { kind: "blip", service: pick(random, releasing), forMs } };
  },
  "telemetry-loss": () => ({ culprit: null, fault: { kind: "exporters" } }),
};

const shipped = (release: DrawnRelease): DrawnFault => ({
  culprit: release.service,
  fault: { kind: "release", release },
});

const drawRelease = (random: Random, behaviour: Behaviour): DrawnRelease => ({
  service: pick(random, releasing),
  version: `1.${wholeBetween(random, 2, 9)}.${wholeBetween(random, 0, 9)}`,
  behaviour,
  emitEvent: random() < 0.5,
});

const failing = (random: Random): Behaviour => ({ errorShare: rounded(between(random, 0.4, 0.85)) });

/** Slow for every request, or overloaded by what the service usually gets. */
function slow(random: Random, service: ServiceName): Behaviour {
  if (random() < 0.4) return { latencyMs: Math.round(between(random, 600, 1300)) };
  const load = between(random, 1.3, 1.8);
  const lanes = wholeBetween(random, 1, 3);
  const holdMs = Math.round((lanes * load * 1000) / usualRate[service]);
  return { latencyUnderLoad: { lanes, holdMs: Math.min(holdMs, 1200), queueMax: wholeBetween(random, 12, 30) } };
}

const rounded = (share: number): number => Math.round(share * 100) / 100;

/** A mistake in a service that has something to misconfigure. */
function drawPatch(random: Random): { service: ServiceName; patch: SettingsPatch } {
  const service = pick(random, ["catalogue", "cart", "checkout"] as const);
  const wrongPort = wholeBetween(random, 1, 20) + 32_100;
  const mistakes: SettingsPatch[] = [
    { store: { port: wrongPort } },
    { store: { host: "127.0.0.2" } },
    { store: { poolSize: 0 } },
    { timeoutsMs: Object.fromEntries(calls[service].map((name) => [name, wholeBetween(random, 2, 4)])) },
  ];
  return { service, patch: pick(random, mistakes) };
}

function drawInnocent(random: Random, besides: string | null): Draw["innocent"] {
  const elsewhere = releasing.filter((service) => service !== besides);
  const release = { ...drawRelease(random, { innocent: true }), service: pick(random, elsewhere) };
  return { release, offsetMs: Math.round(between(random, -6000, 4000)) };
}

/** Somebody's next try at the culprit: a fix, or as bad as before. */
function drawSecond(random: Random, first: DrawnRelease): DrawnRelease {
  const behaviour: Behaviour = random() < 0.5 ? { innocent: true } : failing(random);
  return { ...drawRelease(random, behaviour), service: first.service };
}
