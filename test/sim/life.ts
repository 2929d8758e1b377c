import type { SimulatedWorld } from "../../src/adapters/durable/simulated/simulated-world.ts";

/** One controller of the simulated world. Everything it does passes `gate`: it may be killed or stopped there. */
export interface Life {
  readonly id: string;
  state(): "awake" | "paused" | "gone";
  gate(point: string): Promise<void>;
  sleep(ms: number): Promise<void>;
  crash(): void;
}

export const lifeOf = (simulated: SimulatedWorld, id: string): Life => ({
  id,
  state: () => simulated.state(id),
  gate: (point) => simulated.point(id, point),
  sleep: (ms) => simulated.sleep(id, ms),
  crash() {
    if (simulated.state(id) !== "gone") simulated.crash(id);
  },
});
