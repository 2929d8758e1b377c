import { beganTogether, togetherMs, type Onset } from "./near.ts";
import { calleesOf, callersOf, type Topology } from "./topology.ts";

/** A service that is well as far as anybody knows, and what speaks against it: who calls it and began to hurt together. */
export interface SharedCallee {
  readonly onset: Onset;
  /** Of these, the hurt ones and other shared callees. */
  readonly callers: readonly string[];
}

/** So many callers of one service, and this share of all it has, do not begin to hurt within minutes by chance. */
const callersMin = 5;
const shareMin = 0.1;
/** Shared callees may themselves have a callee in common, up to this far down (I11). */
const levelsMax = 4;

/**
 * Services that nothing is known against but that many of their callers hurt together: in a storm the cause, or what is between it and
 * those hurt, may be silent or its alert late. `hurt`: what is known to hurt, and when it began. More that hurts never gives less.
 */
export function sharedCallees(hurt: ReadonlyMap<string, Onset>, topology: Topology): Map<string, SharedCallee> {
  const shared = new Map<string, SharedCallee>();
  const onsetOf = (service: string): Onset | undefined => hurt.get(service) ?? shared.get(service)?.onset;
  let latest: Iterable<string> = hurt.keys();
  for (let level = 0; level < levelsMax; level++) {
    const below = new Set([...latest].flatMap((service) => calleesOf(topology, service)));
    const found = [...below].flatMap((callee) => {
      if (onsetOf(callee)) return [];
      const one = togetherAbove(callee, onsetOf, topology);
      return one ? [[callee, one] as const] : [];
    });
    if (found.length === 0) break;
    for (const [callee, one] of found) shared.set(callee, one);
    latest = found.map(([callee]) => callee);
  }
  return shared;
}

/** The most of a service's callers that began within one stretch of time, when they are enough. */
function togetherAbove(
  callee: string,
  onsetOf: (service: string) => Onset | undefined,
  topology: Topology,
): SharedCallee | undefined {
  const callers = callersOf(topology, callee);
  const enough = Math.max(callersMin, shareMin * callers.length);
  if (callers.length < enough) return undefined;
  const begun = callers
    .flatMap((caller) => {
      const onset = onsetOf(caller);
      return onset ? [{ caller, onset }] : [];
    })
    .toSorted((a, b) => a.onset.fromMs - b.onset.fromMs);
  let [from, best] = [0, { from: 0, to: 0 }];
  for (const [to, { onset }] of begun.entries()) {
    while (onset.fromMs - (begun[from]?.onset.fromMs ?? 0) > togetherMs) from++;
    if (to + 1 - from > best.to - best.from) best = { from, to: to + 1 };
  }
  if (best.to - best.from < enough) return undefined;
  const onset = {
    fromMs: begun[best.from]?.onset.fromMs ?? 0,
    toMs: begun[best.to - 1]?.onset.fromMs ?? 0,
  };
  return { onset, callers: begun.filter((b) => beganTogether(b.onset, onset)).map((b) => b.caller) };
}
