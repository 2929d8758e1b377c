import type { Random } from "../../../kernel/random.ts";
import { turnOf, type ControllerState } from "./controller-state.ts";
import type { Controllers } from "./controllers.ts";
import { forgetWaits, type RunState } from "./durable-state.ts";
import { runOf } from "./execution.ts";
import type { Scheduler } from "./scheduler.ts";

/** Runs that wait for a controller. */
export interface RunQueue {
  /** Takes the run from whoever had it. */
  enqueue(run: RunState): void;
  /** Gives what waits to controllers that can take it, drawn by the seed. */
  offer(): void;
}

export interface RunQueueOptions {
  readonly random: Random;
  readonly scheduler: () => Scheduler;
  readonly controllers: () => Controllers;
  readonly pending: Map<string, RunState>;
}

export function createRunQueue({ random, scheduler, controllers, pending }: RunQueueOptions): RunQueue {
  const waiting: RunState[] = [];
  let tokens = 0;

  function claim(run: RunState, controller: ControllerState): void {
    const token = ++tokens;
    Object.assign(run, { queued: false, owner: token, controller: controller.id });
    controller.runs++;
    scheduler().ready(controller.key, () => void play(run, controller, token));
  }
  async function play(run: RunState, controller: ControllerState, token: number): Promise<void> {
    const story = controller.stories.get(run.story);
    const strike = controllers().strike.bind(undefined, controller);
    const ended = await story?.(runOf({ run, controller, token, scheduler: scheduler(), strike }), run.input).then(
      (output): Partial<RunState> => ({ state: "succeeded", output }),
      (error: unknown): Partial<RunState> => ({ state: "failed", error: textOf(error) }),
    );
    await turnOf(scheduler(), controller);
    controller.runs--;
    if (run.owner === token) {
      Object.assign(run, ended, { endedAtMs: scheduler().nowMs() });
      delete run.owner;
      pending.delete(run.id);
    }
    queue.offer();
  }
  const queue: RunQueue = {
    enqueue(run) {
      forgetWaits(run);
      run.queued = true;
      delete run.owner;
      waiting.push(run);
      queue.offer();
    },
    offer() {
      const stay = waiting.splice(0).filter((run) => {
        const taker = draw(random, [...controllers().living.values()], (c) => canTake(c, run));
        if (taker) claim(run, taker);
        return !taker;
      });
      waiting.push(...stay);
    },
  };
  return queue;
}

const canTake = (controller: ControllerState, run: RunState): boolean =>
  controller.state === "live" &&
  !controller.paused &&
  controller.runs < controller.runsMax &&
  controller.stories.has(run.story);

function draw<T>(random: Random, from: readonly T[], fits: (t: T) => boolean): T | undefined {
  const fitting = from.filter(fits);
  return fitting[Math.floor(random() * fitting.length)];
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
