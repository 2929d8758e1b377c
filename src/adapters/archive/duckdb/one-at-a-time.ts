import { AdapterError } from "../../../ports/adapter-error.ts";

/** Runs one piece of work after the other. More than `waitingMax` that wait are refused (I11). */
export interface OneAtATime {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createOneAtATime(waitingMax: number): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    async run(work) {
      if (waiting >= waitingMax)
        throw new AdapterError("unavailable", "the telemetry archive is busy: try again in a moment", {
          retryable: true,
        });
      waiting++;
      const turn = last.then(work, work).finally(() => waiting--);
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
