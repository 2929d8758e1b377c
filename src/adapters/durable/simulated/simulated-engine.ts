import { invariant } from "../../../kernel/assert.ts";
import type { Json } from "../../../kernel/json.ts";
import type { Random } from "../../../kernel/random.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { DurableEngine, DurableStatus } from "../../../ports/durable.ts";
import { never, turnOf, type ControllerState } from "./controller-state.ts";
import type { Controllers } from "./controllers.ts";
import { asJson, newRun, statusOf, type Message, type RunState } from "./durable-state.ts";
import type { RunQueue } from "./run-queue.ts";
import type { Scheduler } from "./scheduler.ts";

/** What all engines of one world share. */
export interface Shared {
  /** Every run there is, and those that have not ended. */
  readonly runs: Map<string, RunState>;
  readonly pending: Map<string, RunState>;
  readonly scheduler: Scheduler;
  readonly controllers: Controllers;
  readonly queue: RunQueue;
  readonly random: Random;
  readonly deliver?: ((random: Random) => readonly number[]) | undefined;
}

/** The durable port as one controller of a simulated world sees it. A dead one's calls never come back. */
export function engineOf(shared: Shared, controller: ControllerState): DurableEngine {
  const { runs, pending, scheduler } = shared;
  const awake = async (): Promise<void> => {
    if (controller.state === "gone") return never();
    invariant(controller.state !== "new", "the durable engine is not launched: call `launch` first");
    if (controller.paused) await turnOf(scheduler, controller);
  };
  const look = (id: string): DurableStatus | undefined => {
    const run = runs.get(id);
    return run && statusOf(run);
  };
  return {
    register(name, story) {
      invariant(controller.state === "new", `story \`${name}\` is registered too late: do it before \`launch\``);
      controller.stories.set(name, story);
    },
    async launch() {
      controller.state = "live";
      adopt(shared, [controller.id]);
      shared.queue.offer();
    },
    async start(story, id, input) {
      await awake();
      if (!controller.stories.has(story))
        throw new AdapterError("unknown-story", `no story \`${story}\` is registered`);
      start(shared, story, id, input);
    },
    async send(id, topic, message, messageId) {
      await awake();
      const run = runs.get(id);
      if (!run) throw new AdapterError("unknown-run", `run \`${id}\` is not there to be told`);
      deliver(shared, run, messageId, { topic, message: asJson(message) });
    },
    async get(id) {
      await awake();
      return look(id);
    },
    async list({ state } = {}) {
      await awake();
      const all = [...(state === "pending" ? pending : runs).values()].map(statusOf);
      return state ? all.filter((s) => s.state === state) : all;
    },
    async wait(id, timeoutMs) {
      await awake();
      await scheduler.run(scheduler.nowMs() + timeoutMs, () => (runs.get(id)?.state ?? "pending") !== "pending");
      return look(id);
    },
    async takeOver(dead) {
      await awake();
      return adopt(
        shared,
        dead.filter((id) => id !== controller.id),
      );
    },
    async prune(endedBeforeMs, runsMax) {
      await awake();
      return prune(runs, endedBeforeMs, runsMax);
    },
    async shutdown() {
      if (controller.state === "gone") return;
      controller.state = "closing";
      await scheduler.run(Infinity, () => controller.unrecorded === 0 || controller.paused);
      shared.controllers.end(controller);
    },
  };
}

function start({ runs, pending, queue }: Shared, story: string, id: string, input: Json): void {
  const there = runs.get(id);
  if (there && there.story !== story)
    throw new AdapterError("id-in-use", `run \`${id}\` is one of story \`${there.story}\`: give another id`);
  if (there) return;
  const run = newRun(id, story, input);
  runs.set(id, run);
  pending.set(id, run);
  queue.enqueue(run);
}

function adopt({ pending, queue }: Shared, ids: readonly string[]): string[] {
  const left = [...pending.values()].filter((r) => !r.queued && ids.includes(r.controller ?? ""));
  for (const run of left) queue.enqueue(run);
  return left.map((run) => run.id);
}

function prune(runs: Map<string, RunState>, endedBeforeMs: number, runsMax: number): number {
  const old = [...runs.values()].filter((r) => r.endedAtMs !== undefined && r.endedAtMs < endedBeforeMs);
  const gone = old.slice(0, runsMax);
  for (const { id } of gone) runs.delete(id);
  return gone.length;
}

function deliver(
  { deliver: how, random, scheduler }: Shared,
  run: RunState,
  messageId: string,
  message: Message,
): void {
  for (const lateMs of how?.(random) ?? [0]) {
    if (lateMs <= 0) arrive(run, messageId, message);
    else scheduler.at(scheduler.nowMs() + lateMs, () => arrive(run, messageId, message));
  }
}

/** A message counts once, however often it arrives. */
function arrive(run: RunState, messageId: string, message: Message): void {
  if (run.messageIds.has(messageId)) return;
  run.messageIds.add(messageId);
  run.messages.push(message);
  for (const wake of run.waits.keys()) wake();
}
