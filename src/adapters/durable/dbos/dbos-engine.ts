import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { DBOS, Error as DbosErrors } from "@dbos-inc/dbos-sdk";
import type { Pool } from "pg";
import { invariant } from "../../../kernel/assert.ts";
import type { Json } from "../../../kernel/json.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { DurableEngine, DurableStory } from "../../../ports/durable.ts";
import { closeDbos, launchDbos, openPool, queueOf, takeOver, type DbosOptions } from "./dbos-launch.ts";
import { createDbosLife } from "./dbos-life.ts";
import { pruneRuns } from "./dbos-prune.ts";
import { playStory } from "./dbos-run.ts";
import { namesOf, statusOf } from "./dbos-status.ts";
import { tellSeldom } from "./tell-seldom.ts";

/** How often a run may be taken up before it counts as what kills controllers, and fails (I11). */
const takeUpsMax = 1_000;
const waitPollMs = 200;
const listMax = 10_000;
/** DBOS itself waits for a lost database without end; who calls from outside is told after this long. */
const answerWithinMs = 20_000;
const drainMs = 5_000;
/** DBOS orders messages by the millisecond they came in: the next of the same sender is kept out of this one's. */
const messageGapMs = 2;

type Workflow = (input: Json) => Promise<Json>;

/**
 * The durable port on DBOS Transact, in the schema `dbos` of the given Postgres. DBOS is one per process: a second engine
 * is refused at `launch` until the first is shut down. It opens no port and calls nobody but the database.
 */
export function createDbosEngine(given: DbosOptions): DurableEngine {
  const options = { ...given, log: tellSeldom(given.log) };
  const stories = new Map<string, DurableStory>();
  const workflows = new Map<string, Workflow>();
  const life = createDbosLife();
  // What a step's body asks of the engine is asked from outside of its run: it is not part of the run's recording.
  const outside = AsyncLocalStorage.snapshot();
  const ask = <T>(call: () => Promise<T>, withinMs = answerWithinMs): Promise<T> =>
    outside(() => answered(call, withinMs));

  let pool: Pool | undefined;
  const close = async (): Promise<void> => {
    if (pool) await closeDbos(pool).catch((error: unknown) => options.log(failure(error).message));
    pool = undefined;
  };

  return {
    register(name, story) {
      invariant(!DBOS.isInitialized(), `story \`${name}\` is registered too late: do it before \`launch\``);
      stories.set(name, story);
    },
    async launch() {
      if (DBOS.isInitialized())
        throw new AdapterError("one-engine", "a durable engine runs in this process already: shut it down first");
      for (const [name, story] of stories)
        workflows.set(
          name,
          registerWorkflow(name, (input) => playStory(story, input, life)),
        );
      pool = openPool(options);
      try {
        await launchDbos(options, pool, [...stories.keys()]);
      } catch (cause) {
        await close();
        throw failure(cause);
      }
    },
    async start(name, id, input) {
      const workflow = workflows.get(name);
      if (!workflow) throw new AdapterError("unknown-story", `no story \`${name}\` is registered`);
      await ask(() => DBOS.startWorkflow(workflow, { workflowID: id, queueName: queueOf(name) })(input));
    },
    async send(id, topic, message, messageId) {
      await ask(() => DBOS.send(id, message, topic, messageId));
      await pause(messageGapMs);
    },
    async get(id) {
      const found = await ask(() => DBOS.getWorkflowStatus(id));
      return found ? statusOf(found) : undefined;
    },
    async list({ state } = {}) {
      const some = { limit: listMax, loadInput: false, loadOutput: state !== "pending", sortDesc: true };
      const found = await ask(() => DBOS.listWorkflows(state ? { ...some, status: [...namesOf[state]] } : some));
      return found.map(statusOf).toReversed();
    },
    async wait(id, timeoutMs) {
      const times = { timeoutSeconds: timeoutMs / 1000, pollingIntervalMs: waitPollMs };
      // How it ended, well or badly, is in its status.
      await ask(() => DBOS.getResult(id, times).catch(() => undefined), timeoutMs + answerWithinMs);
      const found = await ask(() => DBOS.getWorkflowStatus(id));
      return found ? statusOf(found) : undefined;
    },
    takeOver: (dead) => ask(() => takeOver(dead.filter((id) => id !== options.controllerId))),
    prune: (endedBeforeMs, runsMax) => ask(() => pruneRuns(endedBeforeMs, runsMax)),
    async shutdown() {
      await life.close(drainMs);
      await close();
    },
  };
}

const registerWorkflow = (name: string, play: Workflow): Workflow =>
  DBOS.registerWorkflow(play, { name, maxRecoveryAttempts: takeUpsMax });

async function answered<T>(call: () => Promise<T>, withinMs: number): Promise<T> {
  const off = new AbortController();
  const late = pause(withinMs, undefined, { signal: off.signal }).then(() => {
    throw new AdapterError("unavailable", `the durable engine did not answer within ${withinMs / 1000} s`, {
      retryable: true,
    });
  });
  try {
    return await Promise.race([call(), late]);
  } catch (error) {
    throw failure(error);
  } finally {
    off.abort();
    late.catch(() => undefined);
  }
}

function failure(cause: unknown): AdapterError {
  if (cause instanceof AdapterError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof DbosErrors.DBOSNonExistentWorkflowError)
    return new AdapterError("unknown-run", `the run is not there: ${message}`, { cause });
  if (cause instanceof DbosErrors.DBOSConflictingWorkflowError)
    return new AdapterError("id-in-use", `the run is one of another story: ${message}`, { cause });
  return new AdapterError("unavailable", `the durable engine failed: ${message}`, { retryable: true, cause });
}
