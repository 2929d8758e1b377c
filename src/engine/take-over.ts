import { recordStates } from "./incident-story.ts";
import type { ControllerLease } from "./controller-lease.ts";
import type { World } from "./world.ts";

/**
 * Carries on the runs of controllers that died (G1), and puts on record what they did not live to. A run stays listed under its dead
 * controller until it is taken over.
 */
export async function takeOver(world: World, controller: ControllerLease, log: (text: string) => void): Promise<void> {
  const pending = await world.durable.list({ state: "pending" });
  const others = new Set(
    pending.flatMap((run) =>
      run.controller !== undefined && run.controller !== controller.id ? [run.controller] : [],
    ),
  );
  for (const other of others) {
    if (!(await controller.bar(other))) continue;
    await recordStates(world);
    const runs = await world.durable.takeOver([other]);
    if (runs.length > 0) log(`took over ${runs.length} runs of ${other}`);
  }
}
