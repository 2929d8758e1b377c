import { Bug } from "../kernel/assert.ts";
import type { Json } from "../kernel/json.ts";
import { AdapterError } from "./adapter-error.ts";

/** How a durable step ended, as plain JSON: what an engine records and gives back on every replay. */
export type RecordedOutcome = { readonly value?: Json } | { readonly failure: RecordedFailure };

/** `retryable` is there for an `AdapterError` only. */
export type RecordedFailure = {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly retryable?: boolean;
};

/**
 * Runs a step's body and says how it ended. Never rejects. The value goes through JSON here, so that the first execution
 * sees exactly what every replay will see.
 */
export async function recordOutcome(body: () => Promise<unknown>): Promise<RecordedOutcome> {
  try {
    const outcome: RecordedOutcome = JSON.parse(JSON.stringify({ value: await body() }));
    return outcome;
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

/** The value, or throws what the body threw: an `AdapterError` or a `Bug` as such, anything else as an `Error` of its name. */
export function replayOutcome(outcome: RecordedOutcome): Json | undefined {
  if ("failure" in outcome) throw errorOf(outcome.failure);
  return outcome.value;
}

function failureOf(error: unknown): RecordedFailure {
  if (error instanceof AdapterError)
    return { name: error.name, message: error.message, code: error.code, retryable: error.retryable };
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: "Error", message: String(error) };
}

function errorOf({ name, message, code, retryable }: RecordedFailure): Error {
  if (code !== undefined) return new AdapterError(code, message, { retryable: retryable ?? false });
  if (name === "Bug") return new Bug(message);
  return Object.assign(new Error(message), { name });
}
