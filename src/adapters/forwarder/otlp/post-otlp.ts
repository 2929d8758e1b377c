import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { AdapterError } from "../../../ports/adapter-error.ts";
import type { ForwardTarget } from "../../../ports/forwarder.ts";
import { readSecret } from "../../../ports/read-secret.ts";

const timeoutMs = 10_000;
/** A receiver may ask for a longer pause, up to this. */
const retryAfterMsMax = 30_000;
const compress = promisify(gzip);

/** One failed attempt. `retryAfterMs`: how long the receiver asks to be left alone. */
export interface Attempt {
  readonly why: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
}

/** Posts one export request, once. Undefined when it was taken. Redirects are not followed: headers are for this receiver only (K5). */
export async function postOtlp(
  { endpoint, headers }: ForwardTarget,
  signal: "traces" | "metrics" | "logs",
  body: Buffer,
): Promise<Attempt | undefined> {
  const url = `${endpoint.replace(/\/+$/, "")}/v1/${signal}`;
  try {
    const secrets = await Promise.all(
      Object.entries(headers).map(async ([name, ref]) => [name, await readSecret(ref)]),
    );
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        ...(Object.fromEntries(secrets) as Record<string, string>),
        "content-type": "application/x-protobuf",
        "content-encoding": "gzip",
      },
      body: new Uint8Array(await compress(body)),
    });
    await response.body?.cancel();
    return response.ok ? undefined : refused(response);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { why: error instanceof AdapterError ? why : `cannot be reached: ${why}`, retryable: true };
  }
}

/** By OTLP/HTTP only these are worth another attempt. */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);

function refused(response: Response): Attempt {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const pause = Number.isFinite(seconds)
    ? { retryAfterMs: Math.min(retryAfterMsMax, Math.max(0, seconds * 1_000)) }
    : {};
  return { why: `it answered ${response.status}`, retryable: retryable.has(response.status), ...pause };
}
