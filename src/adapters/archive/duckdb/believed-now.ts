import { hourMs } from "./folder.ts";

/** How far the clock may be ahead of the newest telemetry and still say how old files are. */
export const aheadMaxMs = 48 * hourMs;
/** After a gap longer than that, telemetry has to go on for so long before its time is believed: senders may share the clock that is wrong. */
export const goesOnMs = 24 * hourMs;

/**
 * The time by which files are old, for a clock that may be wrong: at most two days after the newest hour that was written. Where that hour
 * comes after a longer gap, the hours from there on count once they are a day long; until then it is two days after the hour before the gap.
 * A clock a year ahead so removes what two days more would have removed, and not the archive. `hours` are begins of hours in any order.
 */
export function believedNowMs(hours: Iterable<number>, nowMs: number): number {
  const newestFirst = [...new Set(hours)].toSorted((a, b) => b - a);
  const [newest] = newestFirst;
  if (newest === undefined) return nowMs;
  let since = newest;
  for (const hour of newestFirst) {
    if (since - hour > aheadMaxMs) {
      const believed = newest - since >= goesOnMs ? newest : hour;
      return Math.min(nowMs, believed + hourMs + aheadMaxMs);
    }
    since = hour;
  }
  return Math.min(nowMs, newest + hourMs + aheadMaxMs);
}
