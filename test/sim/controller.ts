import type { SimulatedWorld } from "../../src/adapters/durable/simulated/simulated-world.ts";
import { recordStates } from "../../src/engine/incident-story.ts";
import { findUnhealed } from "../../src/engine/find-unhealed.ts";
import { heal } from "../../src/engine/heal.ts";
import { notifyStory } from "../../src/engine/notify.ts";
import { createRecorder } from "../../src/engine/recorder.ts";
import { respond } from "../../src/engine/respond.ts";
import { takeOver } from "../../src/engine/take-over.ts";
import { createTargetWatch } from "../../src/engine/watch-targets.ts";
import { createControllerLease, type ControllerLease } from "../../src/engine/controller-lease.ts";
import type { World } from "../../src/engine/world.ts";
import type { Json } from "../../src/kernel/json.ts";
import type { Finding } from "../../src/loop/detection/finding.ts";
import type { StopState } from "../../src/loop/decision/decision.ts";
import { AdapterError } from "../../src/ports/adapter-error.ts";
import type { Actuator } from "../../src/ports/actuator.ts";
import type { Checker } from "../../src/ports/checker.ts";
import type { ActiveConfig } from "../../src/ports/config.ts";
import type { DurableEngine } from "../../src/ports/durable.ts";
import type { Notifier } from "../../src/ports/notifier.ts";
import type { Signer } from "../../src/ports/signer.ts";
import type { Store } from "../../src/ports/store.ts";
import type { TelemetryReader } from "../../src/ports/telemetry.ts";
import { gated, gatedStore } from "./gated.ts";
import { lifeOf, type Life } from "./life.ts";
import type { Detector } from "./sight.ts";

/** What all controllers of one simulation share, and how each of them reaches it. */
export interface Surroundings {
  readonly simulated: SimulatedWorld;
  readonly store: Store;
  readonly telemetry: TelemetryReader;
  readonly checker: Checker;
  readonly detector: Detector;
  readonly config: () => ActiveConfig;
  readonly environment: string;
  readonly actuators: (life: Life) => Actuator[];
  readonly stopsUnreadable: () => boolean;
  readonly databaseFails: () => boolean;
  /** Where a guard is taken away, for the proof that it is needed. */
  readonly tamper: (world: World) => World;
  readonly bug: (what: string) => void;
}

export interface Controller {
  readonly life: Life;
  readonly world: World;
  launch(): Promise<void>;
}

const signer: Signer = { name: "simulation", publicKey: new Uint8Array(32), sign: async () => new Uint8Array(64) };
const runsMax = 20;
const deaf: Notifier = { name: "people", notify: () => Promise.resolve() };

/** A whole controller: its world, its stories, its loops. */
export function createController(id: string, around: Surroundings): Controller {
  const life = lifeOf(around.simulated, id);
  const store = gatedStore(life, around.store, around.databaseFails);
  const controller = createControllerLease(store.leases, id, () => life.crash());
  const world = around.tamper(worldOf(around, life, store, controller));
  const targets = createTargetWatch(world);
  const told = new Map<string, Finding>();
  world.durable.register("heal", heal(world));
  world.durable.register(
    "notify",
    notifyStory(
      () => [{ notifier: deaf, events: ["escalation", "outcome"] }],
      () => undefined,
    ),
  );

  const leads = async (): Promise<boolean> => (await store.leases.acquire("detection", id, 10_000)) !== undefined;
  const firing = (): Finding[] => around.detector.findings().filter((f) => f.state === "firing");
  async function tick(): Promise<void> {
    if (!(await leads())) return;
    const changed = around.detector.findings().filter((f) => told.get(f.id) !== f);
    await respond(world, { changed, groups: around.detector.groups() });
    for (const f of changed) told.set(f.id, f);
  }
  async function loop(everyMs: number, body: () => Promise<void>): Promise<void> {
    for (;;) {
      await body().catch((error: unknown) => {
        if (!(error instanceof AdapterError))
          around.bug(`${id}: ${String(error instanceof Error ? error.stack : error)}`);
      });
      await life.sleep(everyMs);
    }
  }
  return {
    life,
    world: Object.assign(world, { exits: () => targets.exits() }),
    async launch() {
      await controller.renew();
      await world.durable.launch();
      await recordStates(world);
      void loop(3_000, () => controller.renew());
      void loop(2_500, tick);
      void loop(2_500, async () => void ((await leads()) && (await targets.look(firing()))));
      void loop(3_000, () => takeOver(world, controller, () => undefined));
      void loop(30_000, () => findUnhealed(world));
    },
  };
}

function worldOf(around: Surroundings, life: Life, store: Store, controller: ControllerLease): World {
  const { simulated, config } = around;
  const clock = { nowMs: () => simulated.nowMs() };
  let salt = 0;
  const recorder = createRecorder({
    store,
    redactor: { redact: (text) => text },
    signer,
    clock,
    newSalt: () => (++salt).toString(16).padStart(64, "0"),
  });
  const engine = simulated.controller(life.id, { runsMax });
  const durable: DurableEngine = { ...gated(life, "durable", engine), register: engine.register };
  return {
    store,
    durable,
    clock,
    telemetry: gated(life, "telemetry", around.telemetry),
    checker: gated(life, "checker", around.checker),
    evidence: () => undefined,
    actuators: around.actuators(life),
    config,
    stops: () => readStops(store, around.stopsUnreadable),
    record: (...records) => recorder.record(...records),
    tell: (n) => durable.start("notify", `notify/${n.id}`, JSON.parse(JSON.stringify(n)) as Json),
    controller,
    holdTarget: (target, runId) => controller.holdTarget(target, runId),
    releaseTarget: (target, runId) => controller.releaseTarget(target, runId),
    exits: () => [],
    pause: (ms) => life.sleep(ms),
  };
}

async function readStops(store: Store, unreadable: () => boolean): Promise<StopState> {
  try {
    if (unreadable()) return { known: false, why: "the stop file cannot be read" };
    return { known: true, entries: await store.stops.list() };
  } catch (error) {
    return { known: false, why: String(error) };
  }
}
