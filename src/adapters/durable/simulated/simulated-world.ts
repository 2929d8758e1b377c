import { invariant } from "../../../kernel/assert.ts";
import { seededRandom, type Random } from "../../../kernel/random.ts";
import type { DurableEngine, DurableStatus } from "../../../ports/durable.ts";
import { newController, turnOf, type ControllerState } from "./controller-state.ts";
import { createControllers, type Controllers, type Faults } from "./controllers.ts";
import { statusOf, type RunState } from "./durable-state.ts";
import { createRunQueue, type RunQueue } from "./run-queue.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";
import { engineOf } from "./simulated-engine.ts";

export interface SimulatedWorldOptions extends Faults {
  readonly seed: number;
  /** Where the virtual clock starts, in milliseconds since the epoch. */
  readonly startMs: number;
  /** How many milliseconds late each copy of a message arrives; `[0]` is one copy, at once. */
  readonly deliver?: (random: Random) => readonly number[];
}

/**
 * A world of controllers on one virtual clock: what a run recorded, its messages and timers outlive the controllers. One
 * seed gives one history, as long as stories and bodies take time only by this world. Time moves when all wait.
 */
export interface SimulatedWorld {
  nowMs(): number;
  /** A new controller. The id may be one of a controller that is gone: its runs go on when it launches. */
  controller(id: string, options?: { readonly runsMax?: number }): DurableEngine;
  /** Ends a controller: bodies under way never go on, nothing of theirs is recorded. */
  crash(id: string): void;
  /** Stops a controller where it stands: its bodies at their next `point` or `sleep`, its runs at their next step. */
  pause(id: string): void;
  wake(id: string): void;
  /** `gone` when it crashed, was shut down or never was. */
  state(id: string): "awake" | "paused" | "gone";
  /** Every run as it stands, seen by nobody within the world. */
  runs(): readonly DurableStatus[];
  /**
   * For bodies, and for what else a controller does: a place where a fault may strike and others may come first, such as
   * between a check and an act. Where others than bodies wait here, no body may take real time: it would not be waited for.
   */
  point(controller: string, name: string): Promise<void>;
  /** For the same: time passes on the virtual clock. */
  sleep(controller: string, ms: number): Promise<void>;
  /** Does something at a time, whatever the controllers do. Gives the way to call it off. */
  at(atMs: number, act: () => void): () => void;
  /** Goes on until nothing is left to do, `untilMs` is reached or `done` says so. */
  run(options?: { readonly untilMs?: number; readonly done?: () => boolean }): Promise<void>;
}

const runsMaxUntold = 1_000;

export function createSimulatedWorld(options: SimulatedWorldOptions): SimulatedWorld {
  const random = seededRandom(options.seed);
  const runs = new Map<string, RunState>();
  const pending = new Map<string, RunState>();
  const queue: RunQueue = createRunQueue({
    random,
    scheduler: () => scheduler,
    controllers: () => controllers,
    pending,
  });
  const controllers: Controllers = createControllers(
    options,
    random,
    () => scheduler,
    pending,
    () => queue.offer(),
  );
  const scheduler: Scheduler = createScheduler(random, options.startMs, () => controllers.busy());
  let made = 0;

  const living = (id: string): ControllerState => {
    const controller = controllers.living.get(id);
    invariant(controller, `no controller \`${id}\` lives in this world`);
    return controller;
  };
  return {
    nowMs: () => scheduler.nowMs(),
    controller(id, { runsMax = runsMaxUntold } = {}) {
      invariant(!controllers.living.has(id), `controller \`${id}\` lives already: crash it or shut it down first`);
      const controller = newController(id, `${id}#${++made}`, runsMax);
      controllers.living.set(id, controller);
      return engineOf({ runs, pending, scheduler, controllers, queue, random, deliver: options.deliver }, controller);
    },
    crash: (id) => controllers.crash(living(id)),
    pause: (id) => controllers.setPaused(living(id), true),
    wake: (id) => controllers.setPaused(living(id), false),
    state(id) {
      const controller = controllers.living.get(id);
      if (!controller) return "gone";
      return controller.paused ? "paused" : "awake";
    },
    runs: () => [...runs.values()].map(statusOf),
    point: (id, name) => controllers.bodyWaits(id, name, (controller) => turnOf(scheduler, controller)),
    sleep: (id, ms) =>
      controllers.bodyWaits(id, "sleep", async (controller) => {
        await new Promise<void>((go) => scheduler.at(scheduler.nowMs() + ms, go));
        await turnOf(scheduler, controller);
      }),
    at: (atMs, act) => scheduler.at(atMs, act),
    run: ({ untilMs = Infinity, done = () => false } = {}) => scheduler.run(untilMs, done),
  };
}
