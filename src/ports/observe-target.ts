import type { TargetState } from "../loop/signal/target-state.ts";
import type { Actuator } from "./actuator.ts";

/**
 * A service's target as all actuators see it together. Never rejects: what an actuator cannot read is named in
 * `unreadable` and stays absent, so that it is neither healthy nor a change (I6, B7).
 */
export async function observeTarget(
  actuators: readonly Actuator[],
  service: string,
  nowMs: number,
): Promise<TargetState> {
  const parts = await Promise.all(
    actuators.map(async (actuator): Promise<Partial<TargetState>> => {
      try {
        return (await actuator.observe(service)) ?? {};
      } catch (error) {
        return { unreadable: [`${actuator.name}: ${error instanceof Error ? error.message : String(error)}`] };
      }
    }),
  );
  const unreadable = parts.flatMap((part) => part.unreadable ?? []).toSorted();
  return { ...Object.assign({}, ...parts), service, atMs: nowMs, unreadable };
}
