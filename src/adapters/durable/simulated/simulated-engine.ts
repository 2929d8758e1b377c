import { invariant } from "../../../kernel/assert.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { DurableEngine, DurableStatus } from "../../../ports/durable.ts";
import { never, turnOf, type ControllerState } from "./controller-state.ts";
import { asJson, newRun, statusOf, type Message, type RunState } from "./durable-state.ts";
import type { Shared } from "./simulated-world.ts";

/** The durable port as one controller of a simulated world sees it. */
export function engineOf(shared: Shared, controller: ControllerState): DurableEngine {
  const { runs, pending, scheduler } = shared;
  /** A dead controller's calls never come back, a paused one's when it wakes. */
  const awake = async (): Promise<void> => {
    if (controller.state === "gone") return never();
    invariant(controller.state !== "new", "the durable engine is not launched: call `launch` first");
    if (controller.paused) await turnOf(scheduler, controller);
  };
  const adopt = (ids: readonly string[]): string[] => {
    const left = [...pending.values()].filter(
      (r) => !r.queued && r.controller !== undefined && ids.includes(r.controller),
    );
    for (const run of left) shared.enqueue(run);
    return left.map((r) => r.id);
  };
  return {
    register(name, story) {
      invariant(controller.state === "new", `story \`${name}\` is registered too late: do it before \`launch\``);
      controller.stories.set(name, story);
    },
    async launch() {
      controller.state = "live";
      adopt([controller.id]);
      shared.offer();
    },
    async start(story, id, input) {
      await awake();
      if (!controller.stories.has(story))
        throw new AdapterError("unknown-story", `no story \`${story}\` is registered`);
      const there = runs.get(id);
      if (there && there.story !== story)
        throw new AdapterError("id-in-use", `run \`${id}\` is one of story \`${there.story}\`: give another id`);
      if (there) return;
      const run = newRun(id, story, input);
      runs.set(id, run);
      pending.set(id, run);
      shared.enqueue(run);
    },
    async send(id, topic, message, messageId) {
      await awake();
      const run = runs.get(id);
      if (!run) throw new AdapterError("unknown-run", `run \`${id}\` is not there to be told`);
      const copy = { topic, message: asJson(message) };
      for (const lateMs of shared.options.deliver?.(shared.random) ?? [0]) {
        if (lateMs <= 0) arrive(run, messageId, copy);
        else scheduler.at(scheduler.nowMs() + lateMs, () => arrive(run, messageId, copy));
      }
    },
    async get(id) {
      await awake();
      const run = runs.get(id);
      return run && statusOf(run);
    },
    async list({ state } = {}) {
      await awake();
      const all: DurableStatus[] = [...(state === "pending" ? pending : runs).values()].map(statusOf);
      return state ? all.filter((s) => s.state === state) : all;
    },
    async wait(id, timeoutMs) {
      await awake();
      const ended = (): boolean => (runs.get(id)?.state ?? "pending") !== "pending";
      await shared.drive(scheduler.nowMs() + timeoutMs, ended);
      const run = runs.get(id);
      return run && statusOf(run);
    },
    async takeOver(dead) {
      await awake();
      return adopt(dead.filter((id) => id !== controller.id));
    },
    async shutdown() {
      if (controller.state === "gone") return;
      controller.state = "closing";
      await shared.drive(Infinity, () => controller.unrecorded === 0 || controller.paused);
      shared.end(controller);
    },
  };
}

/** A message counts once, however often it arrives. */
function arrive(run: RunState, messageId: string, message: Message): void {
  if (run.messageIds.has(messageId)) return;
  run.messageIds.add(messageId);
  run.messages.push(message);
  for (const wake of run.waits.keys()) wake();
}
