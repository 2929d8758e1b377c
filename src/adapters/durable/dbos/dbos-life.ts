/** Whether the engine still takes part, and what it waits for before it ends. */
export interface DbosLife {
  closing(): boolean;
  /** Runs a step's body, counted; none begins once the engine closes. */
  body<T>(run: () => Promise<T>): Promise<T>;
  /** Waits for a time by the local clock. A closing engine calls it off: what waits then never goes on. */
  until(atMs: number): Promise<void>;
  /** From now on nothing begins. Resolves when bodies under way are recorded, or after `drainMs`. */
  close(drainMs: number): Promise<void>;
}

/** A timer further away than this is set in pieces: longer ones overflow and fire at once. */
const timerMsMax = 3_600_000;
const lookMs = 20;

/** What awaits it stays where it is: its process is about to end, or another controller has the run. */
export const never = <T>(): Promise<T> => new Promise(() => undefined);

export function createDbosLife(): DbosLife {
  const timers = new Set<NodeJS.Timeout>();
  let closing = false;
  let bodies = 0;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, ms);
      timers.add(timer);
    });
  return {
    closing: () => closing,
    async body(run) {
      if (closing) return never();
      bodies++;
      try {
        return await run();
      } finally {
        bodies--;
      }
    },
    async until(atMs) {
      for (let leftMs = atMs - Date.now(); leftMs > 0; leftMs = atMs - Date.now()) {
        if (closing) return never();
        await pause(Math.min(leftMs, timerMsMax));
      }
    },
    async close(drainMs) {
      closing = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      for (const untilMs = Date.now() + drainMs; bodies > 0 && Date.now() < untilMs;)
        await new Promise((done) => setTimeout(done, lookMs));
    },
  };
}
