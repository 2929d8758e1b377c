import { setTimeout as pause } from "node:timers/promises";
import type { Lease, LeaseStore } from "../ports/store.ts";
import { createLostSignal } from "./lost-signal.ts";
import { createTargetLeases } from "./target-leases.ts";

/** A controller that does not renew for this long is dead to the others. */
const controllerTtlMs = 10_000;
const renewEveryMs = 3_000;
/** A renewal that hangs must not keep the next from trying another connection. */
const renewWithinMs = 2_500;
/** Renewals in a row after which every other controller that lives had the time to renew, too: longer than a lease lasts. */
const settledAfter = Math.ceil(controllerTtlMs / renewEveryMs) + 1;
/** A controller whose work was taken over stays barred this long; it has to start anew under another id. */
const barredMs = 24 * 3_600_000;
const takenBy = "taken-by-";
const takerOf = (lease: Lease): string => `controller ${lease.holder.replace(takenBy, "")}`;

export interface ControllerLease {
  readonly id: string;
  current(): Promise<boolean>;
  holdTarget(target: string, runId: string): Promise<Lease | undefined>;
  releaseTarget(target: string, runId: string): Promise<void>;
  /**
   * True when another controller is dead by its lease; from then on it is barred from coming back under its id. Never while
   * this one's own lease is lost, and not soon after it was: when the database was away all leases ran out, and who is back
   * first must not bar those who are about to come.
   */
  bar(other: string): Promise<boolean>;
  /** Renews what is held. Called by a timer, and by tests. */
  renew(): Promise<void>;
  /** Aborts when no renewal succeeded for 8 s, or it stops; a fresh one after the next that does. */
  lost(): AbortSignal;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Who this controller is and what it may write to (I4): one lease for itself and one for each target it works on, all on
 * the database's clock with fencing tokens. `onBarred` is called when another controller took over this one's work.
 */
export function createControllerLease(
  leases: LeaseStore,
  id: string,
  onBarred: (why: string) => void,
): ControllerLease {
  const targets = createTargetLeases(leases, id);
  const own = `controller/${id}`;
  let lease: Lease | undefined;
  let timer: NodeJS.Timeout | undefined;
  // One that starts while others come back from an outage must not bar them either.
  let [unsettled, renewing] = [2, false];
  const lost = createLostSignal(`controller ${id} lost its lease`);

  async function renewOwn(): Promise<void> {
    if (lease && (await leases.renew(lease, controllerTtlMs))) {
      unsettled = Math.max(0, unsettled - 1);
      return;
    }
    if (lease) unsettled = settledAfter;
    lease = await leases.acquire(own, id, controllerTtlMs);
    const other = lease ? undefined : await leases.current(own);
    if (!lease)
      onBarred(`controller ${id} was away too long and ${other ? takerOf(other) : "another"} took over its work`);
  }
  async function renew(): Promise<void> {
    await renewOwn();
    await targets.renew();
  }
  /** One at a time, and none for long: a database that is slow to answer would gather them. */
  function renewSoon(): void {
    if (renewing) return;
    renewing = true;
    void Promise.race([
      renew(),
      pause(renewWithinMs, undefined, { ref: false }).then(() => Promise.reject(new Error("no answer"))),
    ])
      .then(lost.renewed, () => {
        unsettled = settledAfter;
        lost.failed();
      })
      .finally(() => (renewing = false));
  }
  const current = async (): Promise<boolean> => lease !== undefined && leases.holds(lease);
  return {
    id,
    current,
    holdTarget: targets.hold,
    releaseTarget: targets.release,
    async bar(other) {
      const name = `controller/${other}`;
      const now = await leases.current(name);
      if (now) return now.holder !== other;
      if (unsettled > 0 || !(await current())) return false;
      return (await leases.acquire(name, `${takenBy}${id}`, barredMs)) !== undefined;
    },
    renew,
    lost: lost.signal,
    async start() {
      await renewOwn();
      lost.renewed();
      timer = setInterval(renewSoon, renewEveryMs);
    },
    async stop() {
      clearInterval(timer);
      lost.end();
      await targets.releaseAll();
      if (lease) await leases.release(lease).catch(() => undefined);
    },
  };
}
