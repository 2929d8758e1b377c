import type { ActionRequest, EffectState } from "../loop/run/run.ts";
import type { Actuator, ActionSpec } from "../ports/actuator.ts";
import type { World } from "./world.ts";

/** A target that can be looked at and does not answer is asked again this often before a person is told (I11). */
const looksMax = 3;
const lookAgainMs = 1_000;

const idempotencyOf = (actuator: Actuator, action: string): ActionSpec["idempotency"] | undefined =>
  actuator.actions.find((a) => a.name === action)?.idempotency;

/** Repeating under the same key is safe where the other side honours the key. */
export const repeatable = (actuator: Actuator, action: string): boolean => idempotencyOf(actuator, action) === "key";

/** Whether the target itself can show the effect: then the actuator's word alone does not count (I6). */
export const canTell = (actuator: Actuator, action: string): boolean => idempotencyOf(actuator, action) === "probe";

/** The target's word on an effect. Never rejects: a target that does not answer is `unknown`. */
export async function look(world: World, actuator: Actuator, request: ActionRequest): Promise<EffectState> {
  const looks = canTell(actuator, request.action) ? looksMax : 1;
  for (let i = 1; ; i++) {
    const effect = await actuator.probe(request).catch((): EffectState => "unknown");
    if (effect !== "unknown" || i >= looks) return effect;
    await world.pause(lookAgainMs);
  }
}
