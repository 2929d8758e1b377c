import { bug, invariant } from "../../../kernel/assert.ts";
import type { Json } from "../../../kernel/json.ts";
import type { DurableRun } from "../../../ports/durable.ts";
import { recordOutcome, replayOutcome } from "../../../ports/recorded-outcome.ts";
import { never, turnOf, type ControllerState, type FaultPoint } from "./controller-state.ts";
import { asJson, type Entry, type RunState } from "./durable-state.ts";
import type { Scheduler } from "./scheduler.ts";

export interface Execution {
  readonly run: RunState;
  readonly controller: ControllerState;
  /** Only the run's current owner records anything. */
  readonly token: number;
  readonly scheduler: Scheduler;
  /** Lets a fault strike. False when the controller is gone by it. */
  readonly strike: (point: FaultPoint) => boolean;
}

/** What a story sees: recorded results at once, then what really happens. Places count in the order of calls. */
export function runOf(execution: Execution): DurableRun {
  const { run } = execution;
  const names = new Set<string>();
  let next = 0;
  return {
    runId: run.id,
    async step<T extends Json | void>(name: string, body: () => Promise<T>): Promise<T> {
      invariant(!names.has(name), `run \`${run.id}\` has two steps \`${name}\`: give each a name of its own`);
      names.add(name);
      return (await step(execution, next++, name, body)) as T;
    },
    sleep: (ms) => sleep(execution, next++, Math.max(0, ms)),
    receive: async <T extends Json>(topic: string, timeoutMs: number) =>
      (await receive(execution, next++, topic, Math.max(0, timeoutMs))) as T | null,
    now: () => now(execution, next++),
  };
}

async function step(
  execution: Execution,
  place: number,
  name: string,
  body: () => Promise<unknown>,
): Promise<Json | undefined> {
  const { run, controller } = execution;
  const old = recorded(run, place, "step", name);
  if (old) return replayOutcome(old.outcome);
  await pass(execution, name, "before-body");
  if (controller.state !== "live") return never();
  controller.bodies++;
  controller.unrecorded++;
  const outcome = await recordOutcome(body);
  controller.bodies--;
  await pass(execution, name, "after-body");
  controller.unrecorded--;
  await record(execution, place, { kind: "step", name, outcome });
  return replayOutcome(outcome);
}

async function sleep(execution: Execution, place: number, ms: number): Promise<void> {
  const { run, controller, scheduler } = execution;
  const untilMs =
    recorded(run, place, "sleep", "")?.untilMs ??
    (await recordTime(execution, place, ms, (atMs) => ({ kind: "sleep", untilMs: atMs })));
  while (scheduler.nowMs() < untilMs) await waitUntil(run, scheduler, untilMs);
  await turnOf(scheduler, controller);
}

async function receive(execution: Execution, place: number, topic: string, timeoutMs: number): Promise<Json> {
  const { run, controller, scheduler } = execution;
  const old = recorded(run, place, "receive", topic);
  if (old?.got) return asJson(old.got.message);
  const untilMs =
    old?.untilMs ??
    (await recordTime(execution, place, timeoutMs, (atMs) => ({ kind: "receive", topic, untilMs: atMs })));
  for (;;) {
    await turnOf(scheduler, controller);
    if (!owns(execution)) return never();
    const i = run.messages.findIndex((m) => m.topic === topic);
    if (i < 0 && scheduler.nowMs() < untilMs) {
      await waitUntil(run, scheduler, untilMs);
      continue;
    }
    // Reading and recording are one: a message is read once, whoever crashes.
    const message = i < 0 ? null : (run.messages.splice(i, 1)[0]?.message ?? null);
    await record(execution, place, { kind: "receive", topic, untilMs, got: { message } });
    return asJson(message);
  }
}

const now = async (execution: Execution, place: number): Promise<number> =>
  recorded(execution.run, place, "now", "")?.atMs ??
  (await recordTime(execution, place, 0, (atMs) => ({ kind: "now", atMs })));

/** Records the time that is `ms` from now, and gives it. */
async function recordTime(
  execution: Execution,
  place: number,
  ms: number,
  entryOf: (atMs: number) => Entry,
): Promise<number> {
  await pass(execution, pointOf(entryOf(0)), "before-body");
  const atMs = execution.scheduler.nowMs() + ms;
  await record(execution, place, entryOf(atMs));
  return atMs;
}

const owns = ({ run, controller, token }: Execution): boolean => run.owner === token && controller.state !== "gone";

/** Waits for this controller's turn, and lets a fault strike then. */
async function pass(execution: Execution, name: string, at: FaultPoint["at"]): Promise<void> {
  const { controller, scheduler } = execution;
  await turnOf(scheduler, controller);
  if (!strikes(execution, name, at)) return never();
  if (controller.paused) await turnOf(scheduler, controller);
}

/** Refused once the run has another owner: the story then goes nowhere, as what it does counts no more. */
async function record(execution: Execution, place: number, entry: Entry): Promise<void> {
  if (!owns(execution)) return never();
  execution.run.entries[place] = entry;
  if (!strikes(execution, pointOf(entry), "after-record")) return never();
}

function recorded<K extends Entry["kind"]>(
  run: RunState,
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

const nameOf = (entry: Entry): string =>
  entry.kind === "step" ? entry.name : entry.kind === "receive" ? entry.topic : "";

/** What a fault point calls it. */
const pointOf = (entry: Entry): string =>
  entry.kind === "step" ? entry.name : entry.kind === "receive" ? `receive ${entry.topic}` : entry.kind;

const strikes = ({ run, controller, scheduler, strike }: Execution, name: string, at: FaultPoint["at"]): boolean =>
  strike({ controller: controller.id, runId: run.id, step: name, at, nowMs: scheduler.nowMs() });

/** Resolves when the run is woken or at `untilMs`. */
const waitUntil = (run: RunState, scheduler: Scheduler, untilMs: number): Promise<void> =>
  new Promise((go) => {
    const wake = (): void => {
      run.waits.get(wake)?.();
      run.waits.delete(wake);
      go();
    };
    run.waits.set(wake, scheduler.at(untilMs, wake));
  });
