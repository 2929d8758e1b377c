/** Without a renewal for this long, what is being done is broken off: soon another may do it. Shorter than a controller's lease. */
const lostAfterMs = 8_000;

export interface LostSignal {
  /** Aborts when no renewal succeeded for 8 s, or at the end; a fresh one after the next renewal that does. */
  signal(): AbortSignal;
  renewed(): void;
  failed(): void;
  end(): void;
}

/** Tells what is under way that its controller may have lost its leases (I4), by this process' own clock. */
export function createLostSignal(why: string, nowMs = () => performance.now()): LostSignal {
  let renewedAtMs = nowMs();
  let lost = new AbortController();
  return {
    signal: () => lost.signal,
    renewed() {
      renewedAtMs = nowMs();
      if (lost.signal.aborted) lost = new AbortController();
    },
    failed() {
      if (nowMs() - renewedAtMs > lostAfterMs) lost.abort(new Error(why));
    },
    end: () => lost.abort(new Error(why)),
  };
}
