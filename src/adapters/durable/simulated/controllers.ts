import type { Random } from "../../../kernel/random.ts";
import { never, turnOf, type ControllerState, type FaultPoint } from "./controller-state.ts";
import { forgetWaits, type RunState } from "./durable-state.ts";
import type { Scheduler } from "./scheduler.ts";

export interface Faults {
  /** True: the controller dies here, as by SIGKILL. Asked at every point of every step. */
  readonly crashAt?: (point: FaultPoint, random: Random) => boolean;
  /** More than 0: the controller stands still for that many milliseconds, as by SIGSTOP and SIGCONT. */
  readonly pauseAt?: (point: FaultPoint, random: Random) => number;
  /** Told after a controller died, by `crashAt` or by `crash`. */
  readonly crashed?: (controller: string) => void;
}

/** The living controllers of a world, and what befalls them. */
export interface Controllers {
  readonly living: Map<string, ControllerState>;
  /** Lets a fault strike at a point. False when the controller is gone. */
  strike(controller: ControllerState, point: FaultPoint): boolean;
  crash(controller: ControllerState): void;
  setPaused(controller: ControllerState, paused: boolean): void;
  /** Takes a controller out of the world; its runs stay under its name until somebody takes them over. */
  end(controller: ControllerState): void;
  /** A body waits for the world: until `arranged` has it going on, the clock need not wait for it. */
  bodyWaits(id: string, name: string, arranged: (controller: ControllerState) => Promise<void>): Promise<void>;
  /** Bodies at work that do not wait for the world. */
  busy(): number;
}

export function createControllers(
  faults: Faults,
  random: Random,
  scheduler: () => Scheduler,
  pending: ReadonlyMap<string, RunState>,
  offer: () => void,
): Controllers {
  const living = new Map<string, ControllerState>();
  const all: Controllers = {
    living,
    strike(controller, point) {
      if (controller.state === "gone") return false;
      if (faults.crashAt?.(point, random)) {
        all.crash(controller);
        return false;
      }
      const pauseMs = faults.pauseAt?.(point, random) ?? 0;
      if (pauseMs > 0) {
        all.setPaused(controller, true);
        scheduler().at(scheduler().nowMs() + pauseMs, () => all.setPaused(controller, false));
      }
      return true;
    },
    crash(controller) {
      all.end(controller);
      faults.crashed?.(controller.id);
    },
    setPaused(controller, paused) {
      controller.paused = paused;
      if (controller.state === "gone") return;
      if (paused) return scheduler().hold(controller.key);
      scheduler().letGo(controller.key);
      offer();
    },
    end(controller) {
      controller.state = "gone";
      scheduler().drop(controller.key);
      if (living.get(controller.id) === controller) living.delete(controller.id);
      for (const run of pending.values()) if (!run.queued && run.controller === controller.id) disown(run);
    },
    async bodyWaits(id, name, arranged) {
      const controller = living.get(id);
      if (!controller) return never();
      controller.waiting++;
      await arranged(controller);
      const point: FaultPoint = { controller: id, runId: "", step: name, at: "in-body", nowMs: scheduler().nowMs() };
      if (!all.strike(controller, point)) return never();
      if (controller.paused) await turnOf(scheduler(), controller);
      controller.waiting--;
    },
    busy() {
      let busy = 0;
      for (const c of living.values()) busy += Math.max(0, c.bodies - c.waiting);
      return busy;
    },
  };
  return all;
}

function disown(run: RunState): void {
  forgetWaits(run);
  delete run.owner;
}
