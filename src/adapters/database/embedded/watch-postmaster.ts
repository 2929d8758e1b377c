import { setTimeout as pause } from "node:timers/promises";

/** Keeps a Postgres running until it is told to stop. */
export interface PostmasterWatch {
  /** How often it was started again. */
  restarts(): number;
  /** Why it does not run now; undefined while it does. */
  trouble(): string | undefined;
  /** Ends the watch, and a start that is under way: when this resolves, nothing is started any more. */
  stop(): Promise<void>;
}

export interface WatchParts {
  readonly runs: () => Promise<boolean>;
  /** Starts it again. Rejects when that fails, or soon after it is called off. */
  readonly start: (signal: AbortSignal) => Promise<void>;
  readonly log: (text: string) => void;
  /** For tests. */
  readonly lookEveryMs?: number;
}

/** One that ends again and again is started less and less often (I11); one that ran this long starts anew. */
const pauseMaxMs = 30_000;
const steadyMs = 60_000;

/** Looks every second whether Postgres runs, and starts it again when it does not: at once, then ever later, at most 30 s apart. */
export function watchPostmaster(parts: WatchParts): PostmasterWatch {
  const off = new AbortController();
  const state: State = { restarts: 0, trouble: undefined };
  const watching = watch(parts, state, off.signal);
  return {
    restarts: () => state.restarts,
    trouble: () => state.trouble,
    async stop() {
      off.abort();
      await watching;
    },
  };
}

interface State {
  restarts: number;
  trouble: string | undefined;
}

async function watch(parts: WatchParts, state: State, signal: AbortSignal): Promise<void> {
  const { runs, lookEveryMs = 1_000 } = parts;
  let [triesInARow, lastTryMs] = [0, performance.now()];
  for (; ; await pause(lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined)) {
    if (signal.aborted) return;
    const sinceMs = performance.now() - lastTryMs;
    if (await runs()) {
      state.trouble = undefined;
      if (sinceMs > steadyMs) triesInARow = 0;
    } else if (triesInARow === 0 || sinceMs >= Math.min(lookEveryMs * 2 ** triesInARow, pauseMaxMs)) {
      triesInARow++;
      await startAgain(parts, state, signal);
      lastTryMs = performance.now();
    }
  }
}

async function startAgain({ start, log }: WatchParts, state: State, signal: AbortSignal): Promise<void> {
  if (state.trouble === undefined) log("Postgres ended, although nobody here stopped it: starting it again");
  state.trouble ??= "Postgres ended and is being started again";
  try {
    await start(signal);
    state.restarts++;
    state.trouble = undefined;
    log(`Postgres runs again, started again ${state.restarts} times by now`);
  } catch (error) {
    if (signal.aborted) return;
    const text = `Postgres ended and cannot be started again: ${error instanceof Error ? error.message : String(error)}`;
    if (text !== state.trouble) log(`${text}; trying on`);
    state.trouble = text;
  }
}
