import { AdapterError } from "../../../ports/adapter-error.ts";
import { answers } from "./ask-postgres.ts";
import { launchUntilReady } from "./launch.ts";
import type { Place } from "./place.ts";
import { findPostmaster, stopPostmaster } from "./postmaster.ts";

const readyWithinMs = 60_000;
const lookEveryMs = 50;

/** What it takes to bring a Postgres up on our data. */
export interface Own {
  readonly place: Place;
  readonly password: string;
  readonly logPath: string;
}

/** Goes on with a Postgres that still runs on this data, or starts one. Gives its port. */
export async function bringUp(own: Own, log: (text: string) => void): Promise<number> {
  const running = await reattach(own, log);
  if (running !== undefined) return running;
  try {
    return await launchUntilReady(own, (port, alive) => ready(own, port, alive));
  } catch (error) {
    await stopPostmaster(own.place);
    throw error;
  }
}

/** Starts it again on the port that everybody knows. A start that is called off is ended again. */
export async function bringUpAgain(own: Own, port: number, signal: AbortSignal): Promise<void> {
  try {
    await launchUntilReady(own, (tried, alive) => ready(own, tried, alive), { port, signal });
  } catch (error) {
    // Whoever works on our data at another port was not started here.
    if ((await findPostmaster(own.place))?.port === port) await stopPostmaster(own.place);
    throw error;
  }
}

/** One that is just ending is waited for, and then there is none. */
async function reattach({ place, password }: Own, log: (text: string) => void): Promise<number | undefined> {
  for (let waitedMs = 0; waitedMs < readyWithinMs; waitedMs += lookEveryMs) {
    const running = await findPostmaster(place);
    if (!running) return undefined;
    if (running.ready && (await answers(place, running.port, password))) {
      log(`went on with the Postgres that was still running, process ${running.pid}`);
      return running.port;
    }
    await new Promise((done) => setTimeout(done, lookEveryMs));
  }
  throw new AdapterError(
    "postgres-slow",
    `a Postgres works on \`${place.dataDir}\` and does not answer: end it, then start again`,
  );
}

async function ready({ place, password }: Own, port: number, alive: () => boolean): Promise<boolean> {
  for (let waitedMs = 0; alive() && waitedMs < readyWithinMs; waitedMs += lookEveryMs) {
    if ((await findPostmaster(place))?.ready && (await answers(place, port, password))) return true;
    await new Promise((done) => setTimeout(done, lookEveryMs));
  }
  return false;
}
