import { bug, invariant } from "../../../kernel/assert.ts";
import type { Json } from "../../../kernel/json.ts";
import type { DurableRun } from "../../../ports/durable.ts";
import { recordOutcome, replayOutcome } from "../../../ports/recorded-outcome.ts";
import { never, turnOf, type ControllerState, type FaultPoint } from "./controller-state.ts";
import { asJson, type Entry, type RunState } from "./durable-state.ts";
import type { Scheduler } from "./scheduler.ts";

export interface ExecutionOptions {
  readonly run: RunState;
  readonly controller: ControllerState;
  /** Only the run's current owner records anything. */
  readonly token: number;
  readonly scheduler: Scheduler;
  /** Lets a fault strike. False when the controller is gone by it. */
  readonly strike: (point: FaultPoint) => boolean;
}

/** One execution of a run by one controller: replays what is recorded, then goes on. */
export function createExecution({ run, controller, token, scheduler, strike }: ExecutionOptions): DurableRun {
  const names = new Set<string>();
  let next = 0;
  const turn = (): Promise<void> => turnOf(scheduler, controller);
  const mine = (): boolean => run.owner === token && controller.state !== "gone";
  const point = (step: string, at: FaultPoint["at"]): FaultPoint => ({
    controller: controller.id,
    runId: run.id,
    step,
    at,
    nowMs: scheduler.nowMs(),
  });
  async function pass(step: string, at: FaultPoint["at"]): Promise<void> {
    await turn();
    if (!strike(point(step, at))) return never();
    if (controller.paused) await turn();
  }
  async function record(place: number, entry: Entry): Promise<void> {
    if (!mine()) return never();
    run.entries[place] = entry;
  }
  /** Resolves when woken or at `untilMs`. */
  const waitFor = (untilMs: number): Promise<void> =>
    new Promise((go) => {
      const wake = (): void => {
        run.waits.get(wake)?.();
        run.waits.delete(wake);
        go();
      };
      run.waits.set(wake, scheduler.at(untilMs, wake));
    });
  function recorded<K extends Entry["kind"]>(
    place: number,
    kind: K,
    name: string,
  ): Extract<Entry, { kind: K }> | undefined {
    const entry = run.entries[place];
    if (entry === undefined) return undefined;
    if (entry.kind === kind && nameOf(entry) === name) return entry as Extract<Entry, { kind: K }>;
    return bug(
      `run \`${run.id}\` came to ${kind} \`${name}\` where ${entry.kind} \`${nameOf(entry)}\` is recorded: a story takes the same way on every replay`,
    );
  }
  return {
    runId: run.id,
    async step<T extends Json | void>(name: string, body: () => Promise<T>): Promise<T> {
      const place = next++;
      invariant(!names.has(name), `run \`${run.id}\` has two steps \`${name}\`: give each a name of its own`);
      names.add(name);
      const old = recorded(place, "step", name);
      if (old) return replayOutcome(old.outcome) as T;
      await pass(name, "before-body");
      if (controller.state !== "live") return never();
      controller.bodies++;
      controller.unrecorded++;
      const outcome = await recordOutcome(body);
      controller.bodies--;
      await pass(name, "after-body");
      controller.unrecorded--;
      await record(place, { kind: "step", name, outcome });
      return strike(point(name, "after-record")) ? (replayOutcome(outcome) as T) : never();
    },
    async sleep(ms) {
      const place = next++;
      const untilMs = recorded(place, "sleep", "")?.untilMs ?? scheduler.nowMs() + Math.max(0, ms);
      await record(place, { kind: "sleep", untilMs });
      while (scheduler.nowMs() < untilMs) await waitFor(untilMs);
      await turn();
    },
    async receive<T extends Json>(topic: string, timeoutMs: number): Promise<T | null> {
      const place = next++;
      const old = recorded(place, "receive", topic);
      if (old?.got) return asJson(old.got.message) as T | null;
      const untilMs = old?.untilMs ?? scheduler.nowMs() + Math.max(0, timeoutMs);
      await record(place, { kind: "receive", topic, untilMs });
      for (;;) {
        await turn();
        if (!mine()) return never();
        const i = run.messages.findIndex((m) => m.topic === topic);
        if (i < 0 && scheduler.nowMs() < untilMs) {
          await waitFor(untilMs);
          continue;
        }
        const message = run.messages.splice(i < 0 ? 0 : i, i < 0 ? 0 : 1)[0]?.message ?? null;
        await record(place, { kind: "receive", topic, untilMs, got: { message } });
        return asJson(message) as T | null;
      }
    },
    async now() {
      const place = next++;
      const atMs = recorded(place, "now", "")?.atMs ?? scheduler.nowMs();
      await record(place, { kind: "now", atMs });
      return atMs;
    },
  };
}

const nameOf = (entry: Entry): string =>
  entry.kind === "step" ? entry.name : entry.kind === "receive" ? entry.topic : "";
