import type { Json } from "../../../kernel/json.ts";
import type { DurableStatus } from "../../../ports/durable.ts";
import type { RecordedOutcome } from "../../../ports/recorded-outcome.ts";

/** One recorded thing of a run, at its place in the order of calls. */
export type Entry =
  | { readonly kind: "step"; readonly name: string; readonly outcome: RecordedOutcome }
  | { readonly kind: "now"; readonly atMs: number }
  | { readonly kind: "sleep"; readonly untilMs: number }
  | {
      readonly kind: "receive";
      readonly topic: string;
      readonly untilMs: number;
      readonly got?: { readonly message: Json };
    };

export interface Message {
  readonly topic: string;
  readonly message: Json;
}

/** What survives of a run when the controller that runs it dies. `owner` is the execution that may record, `controller` whose it is. */
export interface RunState {
  readonly id: string;
  readonly story: string;
  readonly input: Json;
  readonly entries: Entry[];
  /** Unread, in the order they arrived. */
  readonly messages: Message[];
  readonly messageIds: Set<string>;
  state: DurableStatus["state"];
  queued: boolean;
  owner?: number;
  controller?: string;
  endedAtMs?: number;
  output?: Json;
  error?: string;
  /** What wakes the execution that waits for a message or the clock, each with what calls its timer off. */
  readonly waits: Map<() => void, () => void>;
}

export const newRun = (id: string, story: string, input: Json): RunState => ({
  id,
  story,
  input: asJson(input),
  entries: [],
  messages: [],
  messageIds: new Set(),
  waits: new Map(),
  state: "pending",
  queued: true,
});

export const statusOf = (run: RunState): DurableStatus => ({
  id: run.id,
  story: run.story,
  state: run.state,
  ...(run.state === "pending" && !run.queued && run.controller !== undefined ? { controller: run.controller } : {}),
  ...(run.state === "succeeded" ? { output: run.output ?? null } : {}),
  ...(run.error === undefined ? {} : { error: run.error }),
});

/** The execution that waited is no more: its timers would only keep the clock going. */
export function forgetWaits(run: RunState): void {
  for (const off of run.waits.values()) off();
  run.waits.clear();
}

/** What crosses to another process is a copy, as JSON carries it. */
export const asJson = <T extends Json>(value: T): T => JSON.parse(JSON.stringify(value ?? null)) as T;
