import type { Plan } from "../loop/plan/plan.ts";
import { stopped } from "../loop/decision/stop.ts";
import type { Lease } from "../ports/store.ts";
import { targetName, type RunContext, type World } from "./world.ts";

export type Hindrance = { readonly state: "stopped" | "stood-down" | "parked"; readonly why: string };

/** Checks older than this say nothing about now: this process may have stood still meanwhile. Far below every lease's time. */
const freshMs = 2_000;
const checksMax = 3;
/** A lease that is about to come free, or to come back, is waited for this often: longer than any lease lasts (I11). */
const leaseTriesMax = 30;
const leasePauseMs = 1_000;

/**
 * The target's lease, this controller's own, and stop: all of them, read right before the act, stop last (I4, I8). Anything
 * unknown means no (I7). An answer that took long to come is asked for again, so that who was paused between a check and
 * the act finds out. To be awaited right before the act, with nothing in between.
 */
export async function mayAct(
  world: World,
  context: RunContext,
  plan: Plan,
  service: string,
): Promise<{ readonly lease: Lease } | Hindrance> {
  for (let i = 0; i < checksMax; i++) {
    const waited = await awaitLeases(world, context, plan, service);
    if (waited) return waited;
    const startMs = world.clock.nowMs();
    const held = await check(world, context, plan, service);
    const tookMs = world.clock.nowMs() - startMs;
    if (held && ("state" in held || (tookMs >= 0 && tookMs < freshMs))) return held;
  }
  return { state: "stood-down", why: `it could not be told in time whether ${service} may be worked on` };
}

/** Undefined when a lease was lost between waiting for it and here. */
async function check(
  world: World,
  context: RunContext,
  plan: Plan,
  service: string,
): Promise<{ readonly lease: Lease } | Hindrance | undefined> {
  const lease = await world.holdTarget(targetName(plan.environment, service), context.runId);
  if (!lease || !(await world.controller.current())) return undefined;
  const { environment, runbook, incidentId } = plan;
  const stop = stopped(await world.stops(), { environment, service, runbook: runbook.name, incidentId });
  return stop.length > 0 ? { state: "stopped", why: stop.map((r) => r.text).join("; ") } : { lease };
}

/**
 * Waits until this controller has its own lease and the target's. A controller that lost its own must not decide how the
 * step ends: whoever took the run over does, so it waits that out. A dead controller's lease on the target is the same
 * run's, and runs out.
 */
async function awaitLeases(
  world: World,
  context: RunContext,
  plan: Plan,
  service: string,
): Promise<Hindrance | undefined> {
  const target = targetName(plan.environment, service);
  let own = false;
  for (let i = 0; i < leaseTriesMax; i++) {
    own = await world.controller.current();
    if (own && (await world.holdTarget(target, context.runId))) return undefined;
    const holder = own ? (await world.store.leases.current(target))?.holder : undefined;
    if (holder !== undefined && !holder.startsWith(`${context.runId}@`))
      return { state: "stood-down", why: `another run is working on ${service}` };
    await world.pause(leasePauseMs);
  }
  return own
    ? { state: "stood-down", why: `the lease of ${service} did not come free` }
    : { state: "parked", why: `controller ${world.controller.id} lost its lease` };
}
