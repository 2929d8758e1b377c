import type { Decision } from "../loop/decision/decision.ts";
import type { RunContext, World } from "./world.ts";

/** Whether a decision lets this run act: allow does, ask only where people approved this very run (E6, I1). */
export async function letsGoOn(world: World, context: RunContext, { effect }: Decision): Promise<boolean> {
  if (effect !== "ask") return effect === "allow";
  const request = await world.store.approvals.get(context.planDigest);
  return request?.state === "consumed" && request.runId === context.runId;
}
