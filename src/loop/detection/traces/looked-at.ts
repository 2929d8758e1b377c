/** The share is halved when there is no room, and doubled when three quarters were free for so long. */
const riseAfterMs = 60_000;
const shareMin = 2 ** -20;

/** Which share of traces is looked at: less where there are more than fit. */
export interface LookedAt {
  share(): number;
  /** Since when it did not rise, and no spans were lost. */
  steadySinceMs(): number;
  /** Spans may have been lost until then. */
  unsteady(untilMs: number): void;
  /** There was no room; counts once until `look`. */
  lower(): void;
  /** Once a look: what was opened before goes first. */
  look(isRoomy: boolean, nowMs: number): void;
}

export function createLookedAt(): LookedAt {
  let [share, roomySinceMs, steadyMs, lowered] = [1, Number.NaN, -Infinity, false];
  return {
    share: () => share,
    steadySinceMs: () => steadyMs,
    unsteady: (untilMs) => void (steadyMs = untilMs),
    lower() {
      if (lowered) return;
      lowered = true;
      share = Math.max(shareMin, share / 2);
      roomySinceMs = Number.NaN;
    },
    look(isRoomy, nowMs) {
      lowered = false;
      if (share === 1 || !isRoomy) roomySinceMs = Number.NaN;
      else if (!(nowMs >= roomySinceMs)) roomySinceMs = nowMs;
      else if (nowMs - roomySinceMs >= riseAfterMs) [share, roomySinceMs, steadyMs] = [share * 2, nowMs, nowMs];
    },
  };
}
