import { setTimeout as pause } from "node:timers/promises";
import { DBOS } from "@dbos-inc/dbos-sdk";
import { DBOSExecutor } from "@dbos-inc/dbos-sdk/internal/dbos-executor";
import { dbRetryConfig, INTERNAL_QUEUE_NAME } from "@dbos-inc/dbos-sdk/internal/utils";
import { Pool, type PoolClient } from "pg";
import { invariant } from "../../../kernel/assert.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";

export interface DbosOptions {
  readonly databaseUrl: string;
  /** Unique among live controllers. Given again after a crash, the runs of before go on at `launch`. */
  readonly controllerId: string;
  /** Runs of one story at once on this controller. Those that only wait count too, so it is large: 200. */
  readonly concurrency?: number;
  readonly log: (text: string) => void;
}

/** Heal code interprets versioned data, so every release carries on the runs of the one before: the version is fixed. */
const applicationVersion = "heal-v1";
const schemaName = "dbos";
const queuePollMs = 200;
const connectionsMax = 12;
const connectTimeoutMs = 10_000;
/** A controller that is stopped in the middle of a transaction must not keep its runs from the others for longer. */
const idleInTransactionTimeoutMs = 10_000;
/** Held while one controller makes or changes the tables: DBOS's migrations deadlock when two do so at once. */
const launchLock = 7_215_081;
const launchTriesMax = 300;
const launchRetryMs = 200;
/** DBOS asks a lost database again ever later. Its own limit of a minute would keep heals waiting long after it is back. */
const retryMaxSeconds = 5;

/** A queue for each story, so that none waits behind the runs of another. */
export const queueOf = (story: string): string => `homeostat.${story}`;

export function openPool({ databaseUrl, log }: DbosOptions): Pool {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: connectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    keepAlive: true,
    application_name: "homeostat durable engine",
  });
  pool.on("error", (error) => log(`durable engine: a database connection broke: ${error.message}`));
  return pool;
}

/** Launches DBOS on a database that answers; DBOS alone would try for ever to reach one that does not. */
export async function launchDbos(options: DbosOptions, pool: Pool, stories: readonly string[]): Promise<void> {
  const { databaseUrl, controllerId, concurrency = 200, log } = options;
  const warn = (text: unknown): void => log(`durable engine: ${text instanceof Error ? text.message : String(text)}`);
  DBOS.setConfig({
    name: "homeostat",
    systemDatabaseUrl: databaseUrl,
    systemDatabaseSchemaName: schemaName,
    systemDatabasePool: pool,
    systemDatabasePoolSize: connectionsMax,
    applicationVersion,
    executorID: controllerId,
    logger: { info: quiet, debug: quiet, warn, error: warn },
  });
  dbRetryConfig.maxBackoffSec = retryMaxSeconds;
  await oneAtATime(pool, () => DBOS.launch());
  for (const story of stories)
    await DBOS.registerQueue(queueOf(story), {
      workerConcurrency: concurrency,
      minPollingIntervalMs: queuePollMs,
      onConflict: "always_update",
    });
}

const quiet = (): void => undefined;

/** Asks for the lock again and again: a session that waits for it would hold up building an index, and so the holder. */
async function oneAtATime(pool: Pool, act: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  client.on("error", quiet);
  try {
    for (let tries = 1; !(await tryLock(client)); tries++) {
      if (tries >= launchTriesMax)
        throw new AdapterError("unavailable", "another controller is still preparing the database: start again later", {
          retryable: true,
        });
      await pause(launchRetryMs);
    }
    await act();
  } finally {
    // Ending the session gives the lock back, whatever state it is in.
    client.release(true);
  }
}

async function tryLock(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ got: boolean }>("select pg_try_advisory_lock($1) as got", [launchLock]);
  return rows[0]?.got === true;
}

/**
 * Puts the runs of dead controllers back on their queues, by the statement DBOS uses to recover its own: one update of
 * what is still PENDING under their names. However many heirs ask at once, each run is given to one, none that another
 * already runs is taken from it, and none that was cancelled is revived, as list-then-resume could.
 */
export async function takeOver(dead: readonly string[]): Promise<string[]> {
  const database = DBOSExecutor.globalInstance?.systemDatabase;
  invariant(database, "the durable engine is not launched: call `launch` first");
  const taken: string[] = [];
  for (const id of dead)
    taken.push(...(await database.reenqueueWorkflowsForRecovery(id, applicationVersion, INTERNAL_QUEUE_NAME)));
  return taken;
}

/** Ends DBOS and its connections. Who still waits for a message is woken to find the database gone: no timer is left. */
export async function closeDbos(pool: Pool): Promise<void> {
  const waits = DBOSExecutor.globalInstance?.systemDatabase.notificationsMap.map;
  try {
    await DBOS.shutdown({ deregister: true });
  } finally {
    await pool.end();
    for (const callbacks of waits?.values() ?? []) for (const wake of callbacks.values()) wake();
  }
}
