import { setTimeout as pause } from "node:timers/promises";
import { AdapterError } from "../../../ports/adapter-error.ts";

/** Ends when a request must: its own timeout and whoever aborts it. */
export function deadline(timeoutMs: number, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, timeoutMs))]);
}

/** Throws AdapterError `timeout` once the time is up or the request was aborted. */
export function stillInTime(end: AbortSignal, what: string): void {
  if (end.aborted) throw new AdapterError("timeout", `${what} was not done in time or was aborted`);
}

/** Looks every `everyMs` until `look` answers something; undefined after `withinMs`. Throws `timeout` at the request's end. */
export async function until<T>(
  look: () => Promise<T | undefined>,
  options: { readonly withinMs: number; readonly everyMs?: number; readonly end: AbortSignal; readonly what: string },
): Promise<T | undefined> {
  const giveUpAt = performance.now() + options.withinMs;
  for (;;) {
    stillInTime(options.end, options.what);
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() >= giveUpAt) return undefined;
    await pause(options.everyMs ?? 50, undefined, { signal: options.end }).catch(() => undefined);
  }
}
