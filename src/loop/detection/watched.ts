import type { Finding } from "./finding.ts";
import { bucketMs } from "./red.ts";

/** What one bucket, judged with those before it, says about one dimension of one series. */
export interface Look {
  /** The newest bucket alone is unusual. `undefined`: it says nothing either way. */
  readonly evidence: boolean | undefined;
  /** Enough to speak up. */
  readonly significant: boolean;
  /** Not enough to speak up, but too much to learn from as usual. */
  readonly suspicious: boolean;
  readonly direction: "above" | "below";
  readonly expected: Finding["expected"];
  readonly observed: number;
  /** The same over the newest buckets alone. */
  readonly latest: number;
  readonly unusualness: number;
  /** Start of the first of the recent buckets that are unusual without a break. */
  readonly onsetMs: number;
}

/** One dimension of one series under watch: whether it fires, and since when. */
export interface Watched {
  firing: boolean;
  sinceMs: number;
  /** End of the last bucket that was unusual. */
  evidenceMs: number;
  /** Usual buckets in a row. */
  calm: number;
  /** How often it fired again soon after it cleared. */
  refires: number;
  clearedMs: number;
  /** Buckets before this belong to an anomaly and are not learned as usual. */
  spoiltMs: number;
  /** The last look that matters: while it fires, the last unusual one. */
  look: Look | undefined;
}

export const unwatched = (): Watched => ({
  firing: false,
  sinceMs: 0,
  evidenceMs: 0,
  calm: 0,
  refires: 0,
  clearedMs: -Infinity,
  spoiltMs: -Infinity,
  look: undefined,
});

const calmNeeded = 3;
/** What fires again this soon is flapping: each time it must stay calm longer before it clears. */
const flapMs = 10 * 60_000;
const refiresMax = 4;

/** Takes in one look. Fires at once on significant evidence; clears only after calm buckets in a row, and never on missing data (B7). */
export function watch(w: Watched, look: Look, startMs: number): void {
  const endMs = startMs + bucketMs;
  if (look.evidence === true) [w.evidenceMs, w.calm] = [endMs, 0];
  else if (look.evidence === false) w.calm++;
  if (!w.firing && look.significant) {
    w.refires = endMs - w.clearedMs < flapMs ? Math.min(refiresMax, w.refires + 1) : 0;
    [w.firing, w.sinceMs, w.calm, w.evidenceMs] = [
      true,
      look.onsetMs,
      0,
      Math.max(w.evidenceMs, look.onsetMs + bucketMs),
    ];
  } else if (w.firing && w.calm >= calmNeeded * (1 + w.refires)) quieten(w, endMs);
  if (!w.firing || w.calm === 0 || w.look === undefined) w.look = isWorthKeeping(w, look, endMs) ? look : undefined;
}

/** A look at a bucket as usual is forgotten at once: most series are as usual, and there are many. */
const isWorthKeeping = (w: Watched, look: Look, endMs: number): boolean =>
  w.firing || look.evidence === true || look.suspicious || endMs - w.clearedMs < flapMs;

export function quieten(w: Watched, atMs: number): void {
  [w.firing, w.clearedMs, w.spoiltMs, w.calm] = [false, atMs, w.evidenceMs, 0];
}
