import type { Json, JsonObject } from "../kernel/json.ts";
import type { ActionRequest, EffectState } from "../loop/run/run.ts";
import type { TargetState } from "../loop/signal/target-state.ts";

/** A declared action of an actuator. */
export interface ActionSpec {
  readonly name: string;
  readonly description: string;
  /** JSON Schema (draft 2020-12) of the parameters; unknown parameters are refused. */
  readonly parameters: JsonObject;
  /** How a repeated or uncertain attempt is resolved. `none`: an uncertain outcome parks for a person. */
  readonly idempotency: "key" | "probe" | "none";
}

/**
 * An actuator changes one kind of target. Contract (shared suite in `actuator.testsuite.ts`):
 * - `capture` reads, before any attempt, what undo and probe need. It changes nothing.
 * - `execute` brings the effect about, or throws AdapterError; calling it again with the same key and `before` does not
 *   repeat an effect that is already there.
 * - `probe` looks at the target and says whether the effect of this request is there. It changes nothing.
 * - Each honours `request.timeoutMs` and the abort signal.
 */
export interface Actuator {
  readonly name: string;
  readonly actions: readonly ActionSpec[];
  /** The part of a service's target this actuator can see; `undefined` when the service declares none for it. */
  observe(service: string): Promise<Partial<TargetState> | undefined>;
  capture(request: Omit<ActionRequest, "before">): Promise<Json>;
  execute(request: ActionRequest, signal: AbortSignal): Promise<{ readonly detail: string; readonly after?: Json }>;
  probe(request: ActionRequest): Promise<EffectState>;
}
