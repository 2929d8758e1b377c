/** A loop that runs `body` again and again, `everyMs` apart, one at a time, until stopped. A failing body is told and tried again. */
export interface Loop {
  stop(): Promise<void>;
  /** When the body last ended well, ms since the epoch; before that, when it was started. */
  lastWellMs(): number;
  lastError(): string | undefined;
  /** How long after its last good end it should have ended well again. */
  readonly everyMs: number;
}

/** A body that failed is tried again this soon, however seldom it has to run. */
const retryMsMax = 5_000;

export function startLoop(name: string, everyMs: number, body: () => Promise<void>, log: (text: string) => void): Loop {
  let [stopped, lastWell] = [false, Date.now()];
  let lastError: string | undefined;
  let wake: (() => void) | undefined;
  const turn = async (): Promise<void> => {
    while (!stopped) {
      try {
        await body();
        [lastWell, lastError] = [Date.now(), undefined];
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        if (text !== lastError) log(`${name}: ${text}`);
        lastError = text;
      }
      if (!stopped) await pause(lastError === undefined ? everyMs : Math.min(everyMs, retryMsMax), (w) => (wake = w));
    }
  };
  const running = turn();
  return {
    everyMs,
    lastWellMs: () => lastWell,
    lastError: () => lastError,
    async stop() {
      stopped = true;
      wake?.();
      await running;
    },
  };
}

const pause = (ms: number, expose: (wake: () => void) => void): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    expose(() => {
      clearTimeout(timer);
      resolve();
    });
  });
