import { invariant } from "../../../kernel/assert.ts";
import { seededRandom, type Random } from "../../../kernel/random.ts";
import type { DurableEngine } from "../../../ports/durable.ts";
import { never, turnOf, type ControllerState, type FaultPoint } from "./controller-state.ts";
import { forgetWaits, type RunState } from "./durable-state.ts";
import { createExecution } from "./execution.ts";
import { createScheduler, type Scheduler } from "./scheduler.ts";
import { engineOf } from "./simulated-engine.ts";

export interface SimulatedWorldOptions {
  readonly seed: number;
  /** Where the virtual clock starts, in milliseconds since the epoch. */
  readonly startMs: number;
  /** True: the controller dies here, as by SIGKILL. Asked at every point of every step. */
  readonly crashAt?: (point: FaultPoint, random: Random) => boolean;
  /** More than 0: the controller stands still for that many milliseconds, as by SIGSTOP and SIGCONT. */
  readonly pauseAt?: (point: FaultPoint, random: Random) => number;
  /** How many milliseconds late each copy of a message arrives; `[0]` is one copy, at once. */
  readonly deliver?: (random: Random) => readonly number[];
  /** Told after a controller died by `crashAt` or `crash`. */
  readonly crashed?: (controller: string) => void;
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
  /** For bodies: a place where a fault may strike and others may come first, such as between a check and an act. */
  point(controller: string, name: string): Promise<void>;
  /** For bodies: time passes on the virtual clock. */
  sleep(controller: string, ms: number): Promise<void>;
  /** Does something at a time, whatever the controllers do. Gives the way to call it off. */
  at(atMs: number, act: () => void): () => void;
  /** Goes on until nothing is left to do, `untilMs` is reached or `done` says so. */
  run(options?: { readonly untilMs?: number; readonly done?: () => boolean }): Promise<void>;
}

/** What the parts of a simulated world share. */
export interface Shared {
  readonly options: SimulatedWorldOptions;
  readonly random: Random;
  readonly scheduler: Scheduler;
  /** Every run there is, and those that have not ended. */
  readonly runs: Map<string, RunState>;
  readonly pending: Map<string, RunState>;
  readonly controllers: Map<string, ControllerState>;
  enqueue(run: RunState): void;
  offer(): void;
  end(controller: ControllerState): void;
  drive(untilMs: number, done: () => boolean): Promise<void>;
}

export function createSimulatedWorld(options: SimulatedWorldOptions): SimulatedWorld {
  const random = seededRandom(options.seed);
  const controllers = new Map<string, ControllerState>();
  const scheduler = createScheduler(random, options.startMs, () => busyBodies(controllers));
  const queue: RunState[] = [];
  let made = 0;
  let tokens = 0;

  const shared: Shared = {
    options,
    random,
    scheduler,
    runs: new Map(),
    pending: new Map(),
    controllers,
    enqueue(run) {
      forgetWaits(run);
      run.queued = true;
      delete run.owner;
      queue.push(run);
      shared.offer();
    },
    offer() {
      for (let i = 0; i < queue.length;) {
        const run = queue[i];
        const taker =
          run &&
          draw(
            random,
            [...controllers.values()].filter((c) => canTake(c, run)),
          );
        if (run && taker) {
          queue.splice(i, 1);
          claim(run, taker);
        } else i++;
      }
    },
    end(controller) {
      controller.state = "gone";
      scheduler.drop(controller.key);
      if (controllers.get(controller.id) === controller) controllers.delete(controller.id);
      for (const run of shared.pending.values())
        if (!run.queued && run.controller === controller.id) {
          forgetWaits(run);
          delete run.owner;
        }
    },
    async drive(untilMs, done) {
      while (!done() && (await scheduler.turn(untilMs)));
    },
  };

  function claim(run: RunState, controller: ControllerState): void {
    const token = ++tokens;
    Object.assign(run, { queued: false, owner: token, controller: controller.id });
    controller.runs++;
    scheduler.ready(controller.key, () => void execute(run, controller, token));
  }
  async function execute(run: RunState, controller: ControllerState, token: number): Promise<void> {
    const story = controller.stories.get(run.story);
    const execution = createExecution({ run, controller, token, scheduler, strike: (p) => strike(controller, p) });
    const ended = await story?.(execution, run.input).then(
      (output): Partial<RunState> => ({ state: "succeeded", output }),
      (error: unknown): Partial<RunState> => ({
        state: "failed",
        error: error instanceof Error ? error.message : String(error),
      }),
    );
    await turnOf(scheduler, controller);
    controller.runs--;
    if (run.owner === token) {
      Object.assign(run, ended);
      delete run.owner;
      shared.pending.delete(run.id);
    }
    shared.offer();
  }
  function strike(controller: ControllerState, point: FaultPoint): boolean {
    if (controller.state === "gone") return false;
    if (options.crashAt?.(point, random)) {
      crash(controller);
      return false;
    }
    const pauseMs = options.pauseAt?.(point, random) ?? 0;
    if (pauseMs > 0) {
      setPaused(controller, true);
      scheduler.at(scheduler.nowMs() + pauseMs, () => setPaused(controller, false));
    }
    return true;
  }
  function crash(controller: ControllerState): void {
    shared.end(controller);
    options.crashed?.(controller.id);
  }
  function setPaused(controller: ControllerState, paused: boolean): void {
    controller.paused = paused;
    if (controller.state === "gone") return;
    if (paused) scheduler.hold(controller.key);
    else {
      scheduler.letGo(controller.key);
      shared.offer();
    }
  }
  /** A body waits for the world: until `arrange` has it going again, the clock need not wait for it. */
  async function waiting(
    id: string,
    name: string,
    arrange: (controller: ControllerState) => Promise<void>,
  ): Promise<void> {
    const controller = controllers.get(id);
    if (!controller) return never();
    controller.waiting++;
    await arrange(controller);
    if (!strike(controller, { controller: id, runId: "", step: name, at: "in-body", nowMs: scheduler.nowMs() }))
      return never();
    if (controller.paused) await turnOf(scheduler, controller);
    controller.waiting--;
  }
  const found = (id: string): ControllerState => {
    const controller = controllers.get(id);
    invariant(controller, `no controller \`${id}\` lives in this world`);
    return controller;
  };
  return {
    nowMs: () => scheduler.nowMs(),
    controller(id, { runsMax = 1_000 } = {}) {
      invariant(!controllers.has(id), `controller \`${id}\` lives already: crash it or shut it down first`);
      const controller: ControllerState = {
        id,
        key: `${id}#${++made}`,
        stories: new Map(),
        runsMax,
        state: "new",
        paused: false,
        runs: 0,
        bodies: 0,
        waiting: 0,
        unrecorded: 0,
      };
      controllers.set(id, controller);
      return engineOf(shared, controller);
    },
    crash: (id) => crash(found(id)),
    pause: (id) => setPaused(found(id), true),
    wake: (id) => setPaused(found(id), false),
    point: (id, name) => waiting(id, name, (controller) => turnOf(scheduler, controller)),
    sleep: (id, ms) =>
      waiting(id, "sleep", async (controller) => {
        await new Promise<void>((go) => scheduler.at(scheduler.nowMs() + ms, go));
        await turnOf(scheduler, controller);
      }),
    at: (atMs, act) => scheduler.at(atMs, act),
    run: ({ untilMs = Infinity, done = () => false } = {}) => shared.drive(untilMs, done),
  };
}

const canTake = (controller: ControllerState, run: RunState): boolean =>
  controller.state === "live" &&
  !controller.paused &&
  controller.runs < controller.runsMax &&
  controller.stories.has(run.story);

const draw = <T>(random: Random, from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];

function busyBodies(controllers: ReadonlyMap<string, ControllerState>): number {
  let busy = 0;
  for (const c of controllers.values()) busy += Math.max(0, c.bodies - c.waiting);
  return busy;
}
