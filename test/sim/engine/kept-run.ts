import type { Json } from "../../../src/kernel/json.ts";
import type { DurableStatus } from "../../../src/ports/durable.ts";

/** What a step came to, as text: nothing that JSON cannot carry survives. */
export type Recorded =
  | { readonly name: string; readonly value: string | undefined }
  | { readonly name: string; readonly error: { readonly name: string; readonly message: string } };

/** A run as the shared database of all simulated controllers keeps it. */
export interface KeptRun {
  readonly id: string;
  readonly story: string;
  readonly input: string;
  readonly recorded: Recorded[];
  readonly messages: { readonly topic: string; readonly message: string }[];
  readonly messageIds: Set<string>;
  /** Called when a message came in or the run ended. */
  readonly waiters: Set<() => void>;
  state: DurableStatus["state"];
  controller?: string;
  /** Grows with every controller that begins to run it: only the last may record. */
  tenure: number;
  output?: string;
  error?: string;
}

export const newRun = (id: string, story: string, input: Json): KeptRun => ({
  id,
  story,
  input: JSON.stringify(input),
  recorded: [],
  messages: [],
  messageIds: new Set(),
  waiters: new Set(),
  state: "pending",
  tenure: 0,
});

export const statusOf = (run: KeptRun): DurableStatus => ({
  id: run.id,
  story: run.story,
  state: run.state,
  ...(run.state === "pending" && run.controller !== undefined ? { controller: run.controller } : {}),
  ...(run.output === undefined ? {} : { output: JSON.parse(run.output) as Json }),
  ...(run.error === undefined ? {} : { error: run.error }),
});

export function tellWaiters(run: KeptRun): void {
  const waiters = [...run.waiters];
  run.waiters.clear();
  for (const wake of waiters) wake();
}
