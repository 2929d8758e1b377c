/** What is remembered of a stream that counts up. */
export interface CountedPast {
  timeMs: number;
  /** When its sender began to count; 0 when it does not say. */
  startMs: number;
  total: number;
  /** How often it fell of late, see `sharedFalls`. */
  falls: number;
}

/**
 * How a point of a stream that counts up follows the one before it:
 * `on`, it adds to it; `reset`, its sender began anew since and it counts from zero; `unseen`, it counts from a time before we
 * listened, so what it adds is not known; `shared`, it is of another sender that nothing tells apart from this one.
 */
export type FollowOn = "on" | "reset" | "unseen" | "shared";

/** Starts that differ by less are one: some senders work theirs out anew for each point. */
export const sameStartMs = 1_000;
/** A stream that fell this often of late, each fall worth less with every point that does not fall, is two that alternate. */
const sharedFalls = 1.2;
const calmFalls = 0.3;
const keep = 0.75;

/** Notes in `past` whether it fell, and nothing else. `isNamed`: its sender names its instance, so a stream that falls was reset. */
export function followOn(
  past: CountedPast,
  now: { readonly startMs: number; readonly total: number },
  isNamed: boolean,
): FollowOn {
  const later = now.startMs > 0 && past.startMs > 0 ? now.startMs - past.startMs : 0;
  if (later < -sameStartMs) return "shared";
  if (later > sameStartMs) return now.startMs >= past.timeMs - sameStartMs ? "reset" : "unseen";
  if (isNamed) return now.total < past.total ? "reset" : "on";
  return alternates(past, now.total);
}

/** Two anonymous senders with one name look like one stream that falls again and again. */
function alternates(past: CountedPast, total: number): FollowOn {
  const fell = total < past.total;
  const was = past.falls;
  past.falls = fell ? was + 1 : was * keep;
  if (past.falls < calmFalls) past.falls = 0;
  if (past.falls > sharedFalls || (was > sharedFalls && past.falls > 0)) return "shared";
  return fell ? "unseen" : "on";
}
