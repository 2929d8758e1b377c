import { createMemoryStore } from "../../src/adapters/store/memory/memory-store.ts";
import type { Blow } from "./engine/life.ts";
import { createSimulatedDurable } from "./engine/simulated-durable.ts";
import { createVirtualTime } from "./engine/virtual-time.ts";
import { wakeTopic } from "../../src/engine/approval.ts";
import { answerApproval } from "../../src/engine/operate.ts";
import { targetName, type World } from "../../src/engine/world.ts";
import { seededRandom } from "../../src/kernel/random.ts";
import type { ActiveConfig } from "../../src/ports/config.ts";
import type { DurableStatus } from "../../src/ports/durable.ts";
import type { Store } from "../../src/ports/store.ts";
import { createController, type Controller, type Surroundings } from "./controller.ts";
import { shopActuators, type Effect, type Whim } from "./effects.ts";
import type { Scenario } from "./scenario.ts";
import { badConfig, createShop, type Shop } from "./shop.ts";
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
}

const startMs = 1_790_000_000_000;
const capMs = 40 * 60_000;
const whims: readonly Whim[] = ["slow", "fails", "refuses", "fails-after", "refuses-after", "lies", "hangs"];

/** Plays one whole heal on virtual time. The same scenario and code play the same, to the last microtask. */
export async function simulate(scenario: Scenario, care: ActiveConfig, tamper: Tamper = {}): Promise<Happened> {
  const random = seededRandom(scenario.seed);
  const chance = (p: number): boolean => p > 0 && random() < p;
  const time = createVirtualTime(startMs);
  const { environment } = scenario;
  const placed = { ...care, services: care.services.map((s) => ({ ...s, environment })) };
  const unbroken = tamper.config?.(placed) ?? placed;
  const config = scenario.broken === "policy" && !tamper.config ? { ...unbroken, ask: brokenAsk } : unbroken;
  const base = createMemoryStore(time);
  const witness = createWitness(base, time);
  const shop = createShop(config.services, time);
  const effects: Effect[] = [];
  const bugs: string[] = [];
  const blows: string[] = [];
  const telemetry = shopTelemetry(shop, environment, time, () => scenario.broken === "telemetry");
  const detector = createDetector(
    shopTelemetry(shop, environment, time, () => false),
    shop,
    environment,
    time,
  );
  let [crashes, pauses, born] = [0, 0, 0];
  const controllers: Controller[] = [];

  function strike(point: string): Blow {
    if (time.nowMs() < startMs + scenario.faultAtMs || !chance(scenario.blowChance)) return "none";
    if (chance(0.6) && crashes < scenario.crashesMax) {
      crashes++;
      blows.push(point);
      return "crash";
    }
    if (pauses >= scenario.pausesMax) return "none";
    pauses++;
    return { pausedMs: Math.floor(random() * 60_000) };
  }
  const around: Surroundings = {
    time,
    durable: createSimulatedDurable({ time, random }),
    store: witness.store,
    telemetry,
    checker: shopChecker(shop, time),
    detector,
    config,
    environment,
    events: {
      strike,
      wakeAfter: (ms, wake) => void time.at(time.nowMs() + ms, wake),
      crashed: () => void time.at(time.nowMs() + 1_000 + random() * 20_000, () => raise()),
    },
    actuators: (life) =>
      shopActuators({
        shop,
        time,
        life,
        begin(request, controller) {
          const effect: Effect = {
            seq: witness.next(),
            atMs: time.nowMs(),
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
    controller.launch().catch(() => {
      controller.life.crash();
      time.at(time.nowMs() + 2_000, raise);
    });
  }
  const alive = (): Controller[] => controllers.filter((c) => c.life.state() === "alive");
  const someone = (): Controller | undefined => alive()[Math.floor(random() * alive().length)];
  const soon = (afterMs: number, act: () => unknown): void => void time.at(startMs + afterMs, () => void act());

  for (const service of config.services) if (service.release) await seedGood(base, service.name, environment);
  for (let i = 0; i < scenario.controllers; i++) raise();
  script(scenario, shop, around, soon, someone, random);
  let done = false;
  const look = (): void => {
    detector.look();
    keepOneAlive(controllers, raise);
    const over = time.nowMs() > startMs + scenario.faultAtMs + 90_000;
    done = over && settled(around, time.nowMs(), startMs + scenario.faultAtMs);
    time.at(time.nowMs() + 2_500, look);
  };
  look();
  await time.run(startMs + capMs, () => done);
  const runs = around.durable.runs();
  bugs.push(...runs.flatMap((r) => (r.state === "failed" ? [`run ${r.id} failed: ${r.error ?? ""}`] : [])));
  for (const { life } of controllers) life.crash();
  return {
    scenario,
    config,
    startMs,
    endMs: time.nowMs(),
    seen: witness.seen,
    effects,
    shop,
    store: base,
    runs,
    bugs,
    blows,
  };
}

const brokenAsk: ActiveConfig["ask"] = () => ({
  allowed: false,
  policies: [],
  annotations: {},
  errors: ["type error"],
});

/** What should happen to the shop and around it, and when. */
function script(
  scenario: Scenario,
  shop: Shop,
  around: Surroundings,
  soon: (afterMs: number, act: () => unknown) => void,
  someone: () => Controller | undefined,
  random: () => number,
): void {
  const { environment, service, faultAtMs, stop } = scenario;
  const { store, time } = around;
  soon(faultAtMs, () => hurt(scenario, shop));
  if (scenario.endsAtMs !== undefined) soon(scenario.endsAtMs, () => mend(scenario, shop));
  if (stop) {
    soon(stop.atMs, () => store.stops.set({ scope: stop.scope, by: "ann", reason: "wait", atMs: time.nowMs() }));
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
      const [controller, heal] = [someone(), around.durable.runs().find((r) => r.story === "heal")];
      if (!controller || !heal) return;
      for (const id of [`noise/${i}`, `noise/${i}`])
        await controller.world.durable.send(heal.id, wakeTopic, "noise", id).catch(() => undefined);
    });
  void environment;
}

function hurt({ fault, service }: Scenario, shop: Shop): void {
  const target = shop.targets.get(service);
  if (!target) return;
  const [first] = target.instances;
  const deploy = (release: string): void => {
    target.release = release;
    for (const i of target.instances) i.release = release;
  };
  if (fault === "bad-release") target.bad.add("v2");
  if (fault === "bad-release" || fault === "hidden") deploy("v2");
  if (fault === "bad-config") {
    target.bad.add(badConfig);
    target.config = badConfig;
    for (const i of target.instances) i.config = badConfig;
  }
  if (fault === "bad-flag") {
    target.badFlag = "on";
    target.flag = { ...target.flag, defaultVariant: "on" };
  }
  if (fault === "crash-loop" && first) shop.poison(service, first.name);
  if (fault === "hang" && first) first.hung = true;
  if (fault === "hidden" || fault === "blip") target.hidden = true;
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
  const { time, store } = around;
  const person = { kind: "person" as const, name: "bob", roles: ["approver"], scopes: ["approve"] };
  const look = async (): Promise<void> => {
    time.at(time.nowMs() + 5_000, () => void look());
    const controller = someone();
    if (!controller) return;
    for (const request of await store.approvals.open())
      if (time.nowMs() >= request.requestedAtMs + approvalAfterMs)
        void answerApproval(controller.world, person, request.planDigest, approval).catch(() => undefined);
  };
  time.at(time.nowMs() + 5_000, () => void look());
}

async function seedGood(store: Store, service: string, environment: string): Promise<void> {
  const { goodConfig } = await import("./shop.ts");
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
  if (controllers.every((c) => c.life.state() === "dead")) raise();
}

function settled(around: Surroundings, nowMs: number, faultAtMs: number): boolean {
  const runs = around.durable.runs();
  if (runs.length === 0) return nowMs > faultAtMs + 180_000;
  return runs.every((r) => r.state !== "pending");
}
