import type { Json } from "../kernel/json.ts";
import { AdapterError } from "../ports/adapter-error.ts";
import type { DurableRun } from "../ports/durable.ts";
import type { World } from "./world.ts";

/** How often, and how far apart, a step waits for a database that is away before it gives up: two minutes (I11). */
const triesMax = 60;
const pauseMs = 2_000;

/**
 * A durable step whose body may meet a database that is away for a while: it waits rather than failing the run. `body`
 * returns plain data (what survives `JSON.stringify`).
 */
export async function remember<T>(world: World, run: DurableRun, name: string, body: () => Promise<T>): Promise<T> {
  const value = await run.step(name, () => patiently(world, body) as Promise<Json>);
  return value as T;
}

async function patiently<T>(world: World, body: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await body();
    } catch (error) {
      const away = error instanceof AdapterError && error.code === "unavailable" && error.retryable;
      if (!away || tries >= triesMax) throw error;
      await world.pause(pauseMs);
    }
  }
}
