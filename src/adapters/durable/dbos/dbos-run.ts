import { DBOS } from "@dbos-inc/dbos-sdk";
import { invariant } from "../../../kernel/assert.ts";
import type { Json } from "../../../kernel/json.ts";
import type { DurableRun, DurableStory } from "../../../ports/durable.ts";
import { recordOutcome, replayOutcome } from "../../../ports/recorded-outcome.ts";
import { never, type DbosLife } from "./dbos-life.ts";

/** A message wakes its receiver by NOTIFY; this is for when that is lost, as through a pooler in transaction mode. */
const receivePollMs = 5_000;

/**
 * Plays a story as a DBOS workflow. What DBOS itself throws (another controller owns the run now, it was cancelled, it is
 * not deterministic) goes to DBOS past the story, which then never goes on: no `catch` of a story can act on it.
 */
export async function playStory(story: DurableStory, input: Json, life: DbosLife): Promise<Json> {
  const lost = Promise.withResolvers<never>();
  return Promise.race([story(runOf(life, lost.reject), input), lost.promise]);
}

function runOf(life: DbosLife, lose: (error: unknown) => void): DurableRun {
  const names = new Set<string>();
  const runId = DBOS.workflowID ?? "";
  /** One call to DBOS on behalf of the story. */
  async function call<T>(ask: () => Promise<T>): Promise<T> {
    if (life.closing()) return never();
    try {
      return await ask();
    } catch (error) {
      if (!life.closing()) lose(error);
      return never();
    }
  }
  const recorded = async (name: string, body: () => Promise<unknown>): Promise<Json | undefined> => {
    const outcome = await call(() => DBOS.runStep(() => life.body(() => recordOutcome(body)), { name }));
    // A body that ended while the engine closed is recorded; what comes after it is for the next controller.
    if (life.closing()) return never();
    return replayOutcome(outcome);
  };
  const clock = async (name: string): Promise<number> =>
    Number(await recorded(name, () => Promise.resolve(Date.now())));
  return {
    runId,
    async step<T extends Json | void>(name: string, body: () => Promise<T>): Promise<T> {
      invariant(!names.has(name), `run \`${runId}\` has two steps \`${name}\`: give each a name of its own`);
      names.add(name);
      return (await recorded(name, body)) as T;
    },
    async sleep(ms) {
      await life.until((await clock("sleep")) + Math.max(0, ms));
    },
    receive: (topic, timeoutMs) =>
      call(() => DBOS.recv(topic, { timeoutSeconds: Math.max(0, timeoutMs) / 1000, pollingIntervalMs: receivePollMs })),
    now: () => clock("now"),
  };
}
