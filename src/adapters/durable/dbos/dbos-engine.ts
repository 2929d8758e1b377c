import { DBOS, type WorkflowStatus } from "@dbos-inc/dbos-sdk";
import pg from "pg";
import type { Json } from "../../../kernel/json.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { DurableEngine, DurableRun, DurableStatus } from "../../../ports/durable.ts";

export interface DbosOptions {
  readonly databaseUrl: string;
  /** Unique among live controllers; never reused by another process. */
  readonly controllerId: string;
  /** Runs at once on this controller. */
  readonly concurrency?: number;
  readonly log: (text: string) => void;
}

/** Heal code interprets versioned data, so every release carries on the runs of the one before: the version is fixed. */
const applicationVersion = "heal-v1";
const queueName = "homeostat";
const schemaName = "dbos";
/** Held while the runs of the dead are listed and resumed, so that two heirs never resume the same run. */
const takeOverLock = 7_215_081;
const listMax = 10_000;

/**
 * The durable port on DBOS Transact, in a schema of its own in the given Postgres. DBOS is one per process, and so is
 * this. Runs go through one queue, so that a resumed run keeps the concurrency limit.
 */
export function createDbosEngine(options: DbosOptions): DurableEngine {
  const stories = new Map<string, (input: Json) => Promise<Json>>();
  return {
    register(name, story) {
      stories.set(
        name,
        DBOS.registerWorkflow((input: Json) => story(runOf(), input), { name }),
      );
    },
    launch: () => launch(options),
    async start(name, id, input) {
      const story = stories.get(name);
      if (!story) throw new AdapterError("unknown-story", `no story \`${name}\` is registered`);
      await DBOS.startWorkflow(story, { workflowID: id, queueName })(input);
    },
    async send(id, topic, message, messageId) {
      await DBOS.send(id, message, topic, messageId).catch((cause: unknown) => {
        throw new AdapterError("unknown-run", `run \`${id}\` is not there to be told`, { cause });
      });
    },
    async get(id) {
      const found = await DBOS.getWorkflowStatus(id);
      return found ? statusOf(found) : undefined;
    },
    async list(filter = {}) {
      const all = await DBOS.listWorkflows({
        ...(filter.state ? { status: namesOf(filter.state) } : {}),
        limit: listMax,
      });
      return all.map(statusOf);
    },
    async wait(id, timeoutMs) {
      await DBOS.getResult(id, Math.ceil(timeoutMs / 1000)).catch(() => undefined);
      const found = await DBOS.getWorkflowStatus(id);
      return found ? statusOf(found) : undefined;
    },
    takeOver: (dead) => takeOver(options.databaseUrl, dead),
    shutdown: () => DBOS.shutdown(),
  };
}

async function launch({ databaseUrl, controllerId, concurrency = 20, log }: DbosOptions): Promise<void> {
  const warn = (text: unknown): void => log(`durable engine: ${text instanceof Error ? text.message : String(text)}`);
  const quiet = (): void => undefined;
  DBOS.setConfig({
    name: "homeostat",
    systemDatabaseUrl: databaseUrl,
    systemDatabaseSchemaName: schemaName,
    systemDatabasePoolSize: 12,
    applicationVersion,
    executorID: controllerId,
    logger: { info: quiet, debug: quiet, warn, error: warn },
  });
  await DBOS.launch();
  await DBOS.registerQueue(queueName, {
    workerConcurrency: concurrency,
    minPollingIntervalMs: 200,
    onConflict: "always_update",
  });
}

/** What a story sees of DBOS; valid inside a workflow only. */
const runOf = (): DurableRun => ({
  runId: DBOS.workflowID ?? "",
  step: (name, body) => DBOS.runStep(body, { name }),
  sleep: (ms) => DBOS.sleepms(Math.max(0, ms)),
  receive: (topic, timeoutMs) => DBOS.recv(topic, { timeoutSeconds: Math.max(0, timeoutMs) / 1000 }),
  now: () => DBOS.now(),
});

/** Runs of dead controllers go back to the queue. Only those still pending: a cancelled run is never revived. */
async function takeOver(databaseUrl: string, dead: readonly string[]): Promise<string[]> {
  if (dead.length === 0) return [];
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [takeOverLock]);
    const pending = await DBOS.listWorkflows({ status: "PENDING", executorId: [...dead], limit: listMax });
    const ids = pending.map((w) => w.workflowID);
    if (ids.length > 0) await DBOS.resumeWorkflows(ids, { queueName });
    return ids;
  } finally {
    await client.end();
  }
}

const namesOf = (state: DurableStatus["state"]) =>
  state === "succeeded"
    ? ("SUCCESS" as const)
    : state === "pending"
      ? (["PENDING", "ENQUEUED", "DELAYED"] as const).slice()
      : (["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"] as const).slice();

function statusOf(w: WorkflowStatus): DurableStatus {
  const state =
    w.status === "SUCCESS"
      ? "succeeded"
      : w.status === "PENDING" || w.status === "ENQUEUED" || w.status === "DELAYED"
        ? "pending"
        : "failed";
  return {
    id: w.workflowID,
    story: w.workflowName,
    state,
    ...(w.status === "PENDING" && w.executorId ? { controller: w.executorId } : {}),
    ...(w.output === undefined || w.output === null ? {} : { output: w.output as Json }),
    ...(w.error === undefined || w.error === null
      ? {}
      : { error: w.error instanceof Error ? w.error.message : JSON.stringify(w.error) }),
  };
}
