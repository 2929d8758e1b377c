import type { DurableStory } from "../../../ports/durable.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * Where in a run a fault may strike. A sleep, a receive and a look at the clock are steps without a body. `in-body` points
 * are those that bodies name by `SimulatedWorld.point` or `sleep`; they know no run.
 */
export interface FaultPoint {
  readonly controller: string;
  readonly runId: string;
  readonly step: string;
  readonly at: "before-body" | "in-body" | "after-body" | "after-record";
  readonly nowMs: number;
}

/** What dies with a controller. `key` tells it from an earlier one of the same id. */
export interface ControllerState {
  readonly id: string;
  readonly key: string;
  readonly stories: Map<string, DurableStory>;
  readonly runsMax: number;
  state: "new" | "live" | "closing" | "gone";
  paused: boolean;
  /** Executions under way. */
  runs: number;
  /** Step bodies under way, and how many of them wait for the world. */
  bodies: number;
  waiting: number;
  /** Steps whose body began and that are not recorded yet. */
  unrecorded: number;
}

/** A promise of the dead: what awaits it never goes on. */
export const never = <T>(): Promise<T> => new Promise(() => undefined);

/** Waits for this controller's turn; for ever when it is gone, until it is woken when it is paused. */
export const turnOf = (scheduler: Scheduler, controller: ControllerState): Promise<void> =>
  controller.state === "gone" ? never() : new Promise((go) => scheduler.ready(controller.key, go));

export const newController = (id: string, key: string, runsMax: number): ControllerState => ({
  id,
  key,
  stories: new Map(),
  runsMax,
  state: "new",
  paused: false,
  runs: 0,
  bodies: 0,
  waiting: 0,
  unrecorded: 0,
});
