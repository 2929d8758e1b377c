import type { Random } from "../../../src/kernel/random.ts";
import { AdapterError } from "../../../src/ports/adapter-error.ts";
import type { DurableEngine, DurableStatus, DurableStory } from "../../../src/ports/durable.ts";
import { newRun, statusOf, tellWaiters, type KeptRun } from "./kept-run.ts";
import type { Life } from "./life.ts";
import { replayed } from "./replay.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface SimulatedOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  /** A queued run is taken up within this long. */
  readonly pickUpMs?: number;
  /** Runs at once on one controller. */
  readonly concurrency?: number;
}

/** The database that simulated controllers share: what is in it survives every crash. */
export interface SimulatedDurable {
  /** The engine as one controller has it; ends with that controller's life. */
  engine(life: Life): DurableEngine;
  /** Every run as it stands, seen from outside the simulation. */
  runs(): DurableStatus[];
}

interface Worker {
  readonly life: Life;
  readonly stories: Map<string, DurableStory>;
  launched: boolean;
}

/** The durable port in memory on virtual time, its controllers dying and pausing as processes do. Deterministic for one seed. */
export function createSimulatedDurable(options: SimulatedOptions): SimulatedDurable {
  const { time, random, pickUpMs = 200, concurrency = 20 } = options;
  const runs = new Map<string, KeptRun>();
  const workers: Worker[] = [];

  const busy = (w: Worker): number =>
    [...runs.values()].filter((r) => r.state === "pending" && r.controller === w.life.id).length;
  const free = (run: KeptRun): Worker[] =>
    workers.filter(
      (w) => w.launched && w.life.state() === "alive" && w.stories.has(run.story) && busy(w) < concurrency,
    );
  const queue = (run: KeptRun): void => {
    delete run.controller;
    time.at(time.nowMs() + Math.floor(random() * pickUpMs), () => pickUp(run));
  };
  function pickUp(run: KeptRun): void {
    if (run.state !== "pending" || run.controller !== undefined) return;
    const able = free(run);
    const worker = able[Math.floor(random() * able.length)];
    if (worker) void carryOn(run, worker, time);
    else time.at(time.nowMs() + pickUpMs, () => pickUp(run));
  }
  const all = (): DurableStatus[] => [...runs.values()].map(statusOf);
  return {
    runs: all,
    engine(life) {
      const worker: Worker = { life, stories: new Map(), launched: false };
      workers.push(worker);
      return {
        register: (name, story) => void worker.stories.set(name, story),
        async launch() {
          await life.gate("launch");
          worker.launched = true;
          for (const run of runs.values()) if (run.state === "pending" && run.controller === life.id) queue(run);
        },
        async start(story, id, input) {
          if (!worker.stories.has(story))
            throw new AdapterError("unknown-story", `no story \`${story}\` is registered`);
          await life.gate("start");
          if (runs.has(id)) return;
          const run = newRun(id, story, input);
          runs.set(id, run);
          queue(run);
          await life.gate("started");
        },
        async send(id, topic, message, messageId) {
          await life.gate("send");
          const run = runs.get(id);
          if (!run) throw new AdapterError("unknown-run", `run \`${id}\` is not there to be told`);
          if (!run.messageIds.has(messageId)) run.messages.push({ topic, message: JSON.stringify(message) });
          run.messageIds.add(messageId);
          tellWaiters(run);
          await life.gate("sent");
        },
        async get(id) {
          await life.gate("get");
          const run = runs.get(id);
          return run && statusOf(run);
        },
        async list(filter = {}) {
          await life.gate("list");
          return all().filter((s) => filter.state === undefined || s.state === filter.state);
        },
        async wait(id, timeoutMs) {
          const run = runs.get(id);
          if (run?.state === "pending") await ended(run, time, timeoutMs);
          await life.gate("waited");
          return run && statusOf(run);
        },
        async takeOver(dead) {
          await life.gate("take over");
          const left = (r: KeptRun): boolean =>
            r.state === "pending" && r.controller !== undefined && dead.includes(r.controller);
          const taken = [...runs.values()].filter(left);
          for (const run of taken) queue(run);
          return taken.map((r) => r.id);
        },
        async shutdown() {
          worker.launched = false;
          life.crash();
        },
      };
    },
  };
}

async function carryOn(run: KeptRun, { life, stories }: Worker, time: VirtualTime): Promise<void> {
  const story = stories.get(run.story);
  if (!story) return;
  run.controller = life.id;
  const tenure = ++run.tenure;
  const conclude = async (state: "succeeded" | "failed", note: (run: KeptRun) => void): Promise<void> => {
    await life.gate("end");
    if (run.controller !== life.id || run.tenure !== tenure) return;
    run.state = state;
    note(run);
    tellWaiters(run);
  };
  try {
    const output = await story(replayed(run, tenure, life, time), JSON.parse(run.input));
    await conclude("succeeded", (r) => (r.output = JSON.stringify(output ?? null)));
  } catch (error) {
    await conclude("failed", (r) => (r.error = error instanceof Error ? error.message : String(error)));
  }
}

async function ended(run: KeptRun, time: VirtualTime, timeoutMs: number): Promise<void> {
  const untilMs = time.nowMs() + timeoutMs;
  while (run.state === "pending" && time.nowMs() < untilMs)
    await new Promise<void>((resolve) => {
      time.at(untilMs, resolve);
      run.waiters.add(resolve);
    });
}
