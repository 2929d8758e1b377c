import type { Json } from "../kernel/json.ts";

/**
 * The durable port: a run survives the process that runs it (G1). What a step returned is recorded once; after a crash
 * the run is replayed and recorded steps are not run again. A step that crashed before its result was recorded runs
 * again (at-least-once), which is why effects carry idempotency keys.
 *
 * Step names must be unique within a run and come in the same order on every replay given the same recorded results.
 */
export interface DurableRun {
  readonly runId: string;
  /** Runs `body` once and records what it returns (JSON). Rejects with what `body` rejects with, also on replay. */
  step<T extends Json | void>(name: string, body: () => Promise<T>): Promise<T>;
  /** Durable sleep: the wake-up time is recorded at first arrival and survives restarts. */
  sleep(ms: number): Promise<void>;
  /** The next unread message of a topic, or null after `timeoutMs`, counted from first arrival and surviving restarts. */
  receive<T extends Json>(topic: string, timeoutMs: number): Promise<T | null>;
  /** Milliseconds since the epoch, recorded: the same on replay. */
  now(): Promise<number>;
}

export type DurableStory = (run: DurableRun, input: Json) => Promise<Json>;

export interface DurableStatus {
  readonly id: string;
  readonly story: string;
  readonly state: "pending" | "succeeded" | "failed";
  /** The controller that runs it; undefined when queued. */
  readonly controller?: string;
  readonly output?: Json;
  readonly error?: string;
}

/**
 * Shared suite in `durable.testsuite.ts`. What cannot be done rejects with an AdapterError: `unknown-story`, `unknown-run`,
 * `id-in-use` (the run is one of another story), `unavailable` (retryable; what was asked may still have happened).
 */
export interface DurableEngine {
  /** Registers a story under a persistent name. Before `launch` only. */
  register(name: string, story: DurableStory): void;
  launch(): Promise<void>;
  /** Starts a run; the id deduplicates: a second start of the same id does nothing. */
  start(story: string, id: string, input: Json): Promise<void>;
  /** Delivers a message to a run; the same `messageId` twice is one message. Works before, during and after a crash of the run's controller. */
  send(id: string, topic: string, message: Json, messageId: string): Promise<void>;
  get(id: string): Promise<DurableStatus | undefined>;
  list(filter?: { state?: DurableStatus["state"] }): Promise<DurableStatus[]>;
  /** Waits until the run ended or `timeoutMs` passed. */
  wait(id: string, timeoutMs: number): Promise<DurableStatus | undefined>;
  /** Adopts the unfinished runs of controllers that are dead by the lease table. Returns their run ids. Safe to call from all controllers at once. */
  takeOver(deadControllers: readonly string[]): Promise<string[]>;
  /**
   * Removes up to `runsMax` runs that ended before a time, the oldest first, with all they recorded and were told; never one
   * that is pending. Gives how many went. From then on their ids are as unused: whoever starts one anew, runs it again.
   */
  prune(endedBeforeMs: number, runsMax: number): Promise<number>;
  /** Stops taking work and ends; unfinished runs stay for another controller or the next start. */
  shutdown(): Promise<void>;
}
