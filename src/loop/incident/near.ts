import { calleesOf, callersOf, type Topology } from "./topology.ts";

/** When what is hurt began to be: the earliest and the latest of its findings and alerts. */
export interface Onset {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What one cause hurts begins to hurt within this long: alert rules wait differently long before they fire. */
export const togetherMs = 5 * 60_000;

/** A service that calls more than this is a hub: that it stands between two hurt services says little. */
const calleesMax = 5;

export const beganTogether = (a: Onset, b: Onset): boolean =>
  a.fromMs - b.toMs <= togetherMs && b.fromMs - a.toMs <= togetherMs;

/** From the first to the last of some times; `elseMs` where there is none. */
export const onsetOf = (times: readonly number[], elseMs: number): Onset =>
  times.length === 0
    ? { fromMs: elseMs, toMs: elseMs }
    : times.reduce(
        (o, t) => ({ fromMs: Math.min(o.fromMs, t), toMs: Math.max(o.toMs, t) }),
        onsetOf([], times[0] ?? 0),
      );

/**
 * Hurt goes from a service to who calls it, and on to who calls that one. So two hurt services may have one cause when one
 * calls the other, or calls somebody who calls the other (C1), even where nobody says of the one between that it is hurt: its
 * own alert may come late, or nobody wrote a rule for it. Not beyond that, and not by:
 * - a service that both call, or that calls both: a shared database or gateway that is well hurts nobody,
 * - a hub between them that calls many, as a gateway or a bus does: it would join whoever calls it with all that it calls. How many
 *   call the one between plays no part: they all hurt when what it calls is hurt.
 * A hub that is hurt itself is next to its callers like any other service.
 *
 * `calleesBelow` gives whom a service calls with one other between; of the same relation seen from below, `callersAbove`.
 */
export const calleesBelow = (topology: Topology, service: string): string[] =>
  calleesOf(topology, service).flatMap((m) => (isHub(topology, m) ? [] : calleesOf(topology, m)));

export const callersAbove = (topology: Topology, service: string): string[] =>
  callersOf(topology, service).flatMap((m) => (isHub(topology, m) ? [] : callersOf(topology, m)));

const isHub = (topology: Topology, service: string): boolean => calleesOf(topology, service).length > calleesMax;
