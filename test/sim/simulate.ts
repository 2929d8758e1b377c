import type { FaultPoint } from "../../src/adapters/durable/simulated/controller-state.ts";
import { createSimulatedWorld } from "../../src/adapters/durable/simulated/simulated-world.ts";
import { createMemoryStore } from "../../src/adapters/store/memory/memory-store.ts";
import { wakeTopic } from "../../src/engine/approval.ts";
import { answerApproval } from "../../src/engine/answer-approval.ts";
import { targetName, type World } from "../../src/engine/world.ts";
import { seededRandom } from "../../src/kernel/random.ts";
import type { ActiveConfig } from "../../src/ports/config.ts";
import type { DurableStatus } from "../../src/ports/durable.ts";
import type { Store } from "../../src/ports/store.ts";
import { createController, type Controller, type Surroundings } from "./controller.ts";
import { shopActuators, type Effect, type Whim } from "./effects.ts";
import type { Scenario } from "./scenario.ts";
import { badConfig, createShop, goodConfig, type Shop, type Target } from "./shop.ts";
import { createDetector, shopChecker, shopTelemetry } from "./sight.ts";
import { createWitness, type Seen } from "./witness.ts";

/** How a guard is taken away: what replaces it. */
export interface Tamper {
  readonly world?: (world: World) => World;
  readonly config?: (config: ActiveConfig) => ActiveConfig;
}

/** All that can be known of one simulated heal afterwards. */
export interface Happened {
  readonly scenario: Scenario;
  readonly config: ActiveConfig;
  readonly startMs: number;
  readonly endMs: number;
  readonly seen: readonly Seen[];
  readonly effects: readonly Effect[];
  readonly shop: Shop;
  readonly store: Store;
  readonly runs: readonly DurableStatus[];
  /** Thrown bugs, and points where controllers were struck. */
  readonly bugs: readonly string[];
  readonly blows: readonly string[];
  /** Edges of durable steps and acts that were passed, without ids and numbers, and how many in all. */
  readonly edges: ReadonlySet<string>;
  readonly edgesPassed: number;
}

/** Where a durable step begins, ends and is on record, and where an act is on its way and done. */
const edge = /^(before|after|recorded) | (under way|applied)$/;

const edgeWords = {
  "before-body": "before ",
  "in-body": "",
  "after-body": "after ",
  "after-record": "recorded ",
} as const;

/** A point's name without ids and numbers. */
const nameless = ({ at, step }: FaultPoint): string =>
  `${edgeWords[at]}${step}`
    .replaceAll(/inc-[0-9a-f]{12}(-\d+)?/g, "…")
    .replaceAll(/\[.*?\]/g, "[…]")
    .replaceAll(/\d+/g, "#");

const startMs = 1_790_000_000_000;
const capMs = 40 * 60_000;
/** Where nothing may be done a heal only watches, and does not end. */
const watchedMs = 10 * 60_000;
const whims: readonly Whim[] = ["slow", "fails", "refuses", "fails-after", "refuses-after", "lies", "hangs"];

/** Plays one whole heal on virtual time. The same scenario and code play the same, to the last turn. */
export async function simulate(scenario: Scenario, care: ActiveConfig, tamper: Tamper = {}): Promise<Happened> {
  const random = seededRandom(scenario.seed);
  const chance = (p: number): boolean => p > 0 && random() < p;
  const upTo = (ms: number): number => Math.floor(random() * ms);
  const simulated = createSimulatedWorld({
    seed: scenario.seed,
    startMs,
    crashAt,
    pauseAt,
    crashed: () => void simulated.at(simulated.nowMs() + 1_000 + upTo(20_000), () => raise()),
    deliver: () => (chance(0.9) ? [0] : [upTo(5_000), upTo(20_000)]),
  });
  const { environment } = scenario;
  const services = care.services.map((s) => ({ ...s, environment }));
  const ask: ActiveConfig["ask"] = (question) => ({ ...care.ask(question), errors: ["a policy met a type error"] });
  const placed = { ...care, services, ...(scenario.broken === "policy" ? { ask } : {}) };
  const config = tamper.config?.(placed) ?? placed;
  const base = createMemoryStore(simulated);
  const witness = createWitness(base, simulated);
  const shop = createShop(config.services, simulated);
  const effects: Effect[] = [];
  const bugs: string[] = [];
  const blows: string[] = [];
  const telemetry = shopTelemetry(shop, environment, simulated, () => scenario.broken === "telemetry");
  const detector = createDetector(
    shopTelemetry(shop, environment, simulated, () => false),
    shop,
    environment,
    simulated,
  );
  let [crashes, pauses, born] = [0, 0, 0];
  const controllers: Controller[] = [];
  const passed = new Set<string>();
  let edgesPassed = 0;

  function crashAt(point: FaultPoint): boolean {
    const name = nameless(point);
    const fatal = edge.test(name) && fatalEdge(name);
    const struck = !fatal && point.nowMs >= startMs + scenario.faultAtMs && chance(scenario.blowChance * 0.6);
    if (!fatal && (!struck || crashes >= scenario.crashesMax)) return false;
    if (struck) crashes++;
    blows.push(name);
    return true;
  }
  function fatalEdge(name: string): boolean {
    const first = !passed.has(name);
    passed.add(name);
    return scenario.fatalEdges.includes(++edgesPassed) || (first && name === scenario.fatalEdge);
  }
  function pauseAt({ nowMs }: FaultPoint): number {
    if (nowMs < startMs + scenario.faultAtMs || pauses >= scenario.pausesMax) return 0;
    if (!chance(scenario.blowChance * 0.4)) return 0;
    pauses++;
    return upTo(60_000);
  }
  const around: Surroundings = {
    simulated,
    store: witness.store,
    telemetry,
    checker: shopChecker(shop, simulated),
    detector,
    config: () => {
      const recommitted = simulated.nowMs() >= startMs + (scenario.recommitAtMs ?? Infinity);
      return recommitted ? { ...config, commit: "another commit" } : config;
    },
    environment,
    actuators: (life) =>
      shopActuators({
        shop,
        time: simulated,
        life,
        begin(request, controller) {
          const effect: Effect = {
            seq: witness.next(),
            atMs: simulated.nowMs(),
            key: request.key,
            action: request.action,
            service: request.service,
            controller,
            changes: 0,
          };
          effects.push(effect);
          void entitled(base, environment, effect).then((is) => (effect.untitled = is));
          return effect;
        },
        end: (effect) => (effect.endedSeq = witness.next()),
        whim: () => (chance(scenario.naughtiness) ? (whims[Math.floor(random() * whims.length)] ?? "none") : "none"),
        unreadable: () => scenario.broken === "target",
        blind: () => chance(scenario.naughtiness * 0.05),
      }),
    stopsUnreadable: () => scenario.broken === "stops",
    databaseFails: () => chance(scenario.databaseFails),
    tamper: tamper.world ?? ((world) => world),
    bug: (what) => void bugs.push(what),
  };
  function raise(): void {
    const controller = createController(`c-${++born}`, around);
    controllers.push(controller);
    // One that cannot start ends, and is started again.
    controller.launch().catch(() => controller.life.crash());
  }
  const alive = (): Controller[] => controllers.filter((c) => c.life.state() === "awake");
  const someone = (): Controller | undefined => alive()[Math.floor(random() * alive().length)];
  const soon = (afterMs: number, act: () => unknown): void => void simulated.at(startMs + afterMs, () => void act());

  for (const service of config.services) if (service.release) await seedGood(base, service.name, environment);
  for (let i = 0; i < scenario.controllers; i++) raise();
  script(scenario, shop, around, soon, someone, random);
  let done = false;
  const look = (): void => {
    detector.look();
    keepOneAlive(controllers, raise);
    const over = simulated.nowMs() > startMs + (scenario.second?.atMs ?? scenario.faultAtMs) + 90_000;
    done = over && settled(around, simulated.nowMs(), startMs + scenario.faultAtMs);
    simulated.at(simulated.nowMs() + 2_500, look);
  };
  look();
  await simulated.run({ untilMs: startMs + (environment === "unopened" ? watchedMs : capMs), done: () => done });
  const runs = simulated.runs();
  bugs.push(...runs.flatMap((r) => (r.state === "failed" ? [`run ${r.id} failed: ${r.error ?? ""}`] : [])));
  for (const { life } of controllers) life.crash();
  return {
    scenario,
    config,
    startMs,
    endMs: simulated.nowMs(),
    seen: witness.seen,
    effects,
    shop,
    store: base,
    runs,
    bugs,
    blows,
    edges: passed,
    edgesPassed,
  };
}

/** What should happen to the shop and around it, and when. */
function script(
  scenario: Scenario,
  shop: Shop,
  around: Surroundings,
  soon: (afterMs: number, act: () => unknown) => void,
  someone: () => Controller | undefined,
  random: () => number,
): void {
  const { service, faultAtMs, stop } = scenario;
  const { store, simulated } = around;
  soon(faultAtMs, () => hurt(scenario, shop));
  const { second } = scenario;
  if (second) soon(second.atMs, () => hurt({ ...scenario, ...second }, shop));
  if (scenario.endsAtMs !== undefined) soon(scenario.endsAtMs, () => mend(scenario, shop));
  if (stop) {
    soon(stop.atMs, () => store.stops.set({ scope: stop.scope, by: "ann", reason: "wait", atMs: simulated.nowMs() }));
    if (stop.liftedAtMs !== undefined) soon(stop.liftedAtMs, () => store.stops.lift(stop.scope));
  }
  if (scenario.outsiderAtMs !== undefined)
    soon(scenario.outsiderAtMs, () => {
      const target = shop.targets.get(service);
      if (target) target.release = "v3";
      shop.changed();
    });
  if (scenario.alerted)
    for (const lateMs of [8_000, 8_100, 45_000]) soon(faultAtMs + lateMs, () => store.inbox.put([alertFor(scenario)]));
  answerPeople(scenario, around, someone);
  // Messages nobody expects, twice each: they wake the heal, and must not do more.
  for (let i = 0; i < 6; i++)
    soon(faultAtMs + Math.floor(random() * 120_000), async () => {
      const [controller, heal] = [someone(), simulated.runs().find((r) => r.story === "heal")];
      if (!controller || !heal) return;
      for (const id of [`noise/${i}`, `noise/${i}`])
        await controller.world.durable.send(heal.id, wakeTopic, "noise", id).catch(() => undefined);
    });
}

/** What each fault does to a target. */
const injuries: Readonly<Record<Scenario["fault"], (target: Target, shop: Shop) => void>> = {
  "bad-release": (target) => {
    target.bad.add("v2");
    deploy(target, "v2");
  },
  "bad-config": (target) => {
    target.bad.add(badConfig);
    target.config = badConfig;
    for (const i of target.instances) i.config = badConfig;
  },
  "bad-flag": (target) => {
    target.badFlag = "on";
    target.flag = { ...target.flag, defaultVariant: "on" };
  },
  "crash-loop": (target, shop) => {
    const [first] = target.instances;
    if (first) shop.poison(target.service.name, first.name);
  },
  hang: (target) => {
    for (const i of target.instances.slice(0, 1)) i.hung = true;
  },
  hidden: (target) => {
    deploy(target, "v2");
    target.hidden = true;
  },
  blip: (target) => {
    target.hidden = true;
  },
};

function deploy(target: Target, release: string): void {
  target.release = release;
  for (const i of target.instances) i.release = release;
}

function hurt({ fault, service }: Scenario, shop: Shop): void {
  const target = shop.targets.get(service);
  if (target) injuries[fault](target, shop);
  shop.changed();
}

function mend({ service }: Scenario, shop: Shop): void {
  const target = shop.targets.get(service);
  if (!target) return;
  target.hidden = false;
  target.bad.clear();
  target.badFlag = undefined;
  for (const i of target.instances) [i.hung, i.poisoned] = [false, false];
  shop.changed();
}

const alertFor = ({ service, environment, faultAtMs }: Scenario) => ({
  id: `alert/${service}`,
  receivedAtMs: startMs + faultAtMs,
  signal: {
    kind: "alert" as const,
    fingerprint: `alert-${service}`,
    name: "Errors",
    status: "firing" as const,
    service,
    environment,
    severity: "page",
    labels: {},
    annotations: {},
    startsAtMs: startMs + faultAtMs,
  },
});

/** A person who answers every request once, some time after it came; late for some. */
function answerPeople(scenario: Scenario, around: Surroundings, someone: () => Controller | undefined): void {
  const { approval, approvalAfterMs } = scenario;
  if (scenario.environment !== "production" || approval === "nobody") return;
  const { simulated, store } = around;
  const person = { kind: "person" as const, name: "bob", roles: ["approver"], scopes: ["approve"] };
  const look = async (): Promise<void> => {
    simulated.at(simulated.nowMs() + 5_000, () => void look());
    const controller = someone();
    if (!controller) return;
    for (const request of await store.approvals.open())
      if (simulated.nowMs() >= request.requestedAtMs + approvalAfterMs)
        void answerApproval(controller.world, person, request.planDigest, approval).catch(() => undefined);
  };
  simulated.at(simulated.nowMs() + 5_000, () => void look());
}

async function seedGood(store: Store, service: string, environment: string): Promise<void> {
  await store.knownGood.record(service, environment, "release", "v1", 0, 0);
  await store.knownGood.record(service, environment, "config", { main: goodConfig }, 0, 0);
  await store.knownGood.record(service, environment, "flags", { express: "off" }, 0, 0);
}

/** The truth about who may act, from the leases as they are. */
async function entitled(store: Store, environment: string, effect: Effect): Promise<string | undefined> {
  const [own, target] = await Promise.all([
    store.leases.current(`controller/${effect.controller}`),
    store.leases.current(targetName(environment, effect.service)),
  ]);
  const wanted = `${runOf(effect.key)}@${effect.controller}`;
  if (own?.holder !== effect.controller)
    return `${effect.controller} is ${own ? `barred by ${own.holder}` : "without its own lease"}`;
  return target?.holder === wanted
    ? undefined
    : `${effect.controller} acts, ${target?.holder ?? "nobody"} holds ${effect.service}`;
}

export const runOf = (key: string): string => key.split("/")[0] ?? key;

/** Somebody always comes back, as systemd would have it. */
function keepOneAlive(controllers: readonly Controller[], raise: () => void): void {
  if (controllers.every((c) => c.life.state() === "gone")) raise();
}

function settled(around: Surroundings, nowMs: number, faultAtMs: number): boolean {
  const runs = around.simulated.runs();
  if (runs.length === 0) return nowMs > faultAtMs + 180_000;
  return runs.every((r) => r.state !== "pending");
}
