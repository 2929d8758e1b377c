import { oneLine } from "../../../kernel/one-line.ts";
import type { CredentialRef } from "../../../loop/signal/credential-ref.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { readBody } from "../../../ports/read-body.ts";
import { authorization } from "../../../ports/read-secret.ts";
import type { Redactor } from "../../../ports/redactor.ts";

/** One server, and how it is asked. */
export interface Server {
  readonly url: string;
  readonly auth?: CredentialRef;
  readonly timeoutMs: number;
  readonly bytesMax: number;
  readonly redactor: Redactor;
}

/** The base address with the API's path below its own; what it holds of a query goes along. */
export function endpointOf(base: string, path: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}${path}`;
  return url;
}

/** Posts a form and gives the body of a good answer. TLS as the URL says; no redirect is followed: the secret stays here. */
export async function ask(server: Server, path: string, form: Readonly<Record<string, string>>): Promise<unknown> {
  const signal = AbortSignal.timeout(server.timeoutMs);
  const headers = await authorization(server.auth);
  try {
    const response = await fetch(endpointOf(server.url, path), {
      method: "POST",
      body: new URLSearchParams(form),
      headers: { accept: "application/json", ...headers },
      redirect: "manual",
      signal,
    });
    const text = await readBody(response, server.bytesMax);
    return response.ok ? parsed(text) : refusal(response.status, text, server.redactor);
  } catch (error) {
    if (error instanceof AdapterError) throw error;
    if (signal.aborted)
      throw new AdapterError("timeout", `no answer within ${server.timeoutMs} ms`, { retryable: true, cause: error });
    throw new AdapterError("unreachable", whyUnreachable(error), { retryable: true, cause: error });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AdapterError("malformed", "the answer is no JSON: is this the address of a Prometheus", { cause });
  }
}

/** Words for what an HTTP status means, and whether it may go over. */
const statuses: Readonly<Record<number, readonly [code: string, retryable: boolean]>> = {
  400: ["bad-query", false],
  401: ["unauthorised", false],
  403: ["unauthorised", false],
  404: ["malformed", false],
  405: ["malformed", false],
  408: ["timeout", true],
  422: ["bad-query", false],
  429: ["busy", true],
  503: ["busy", true],
};

function refusal(status: number, text: string, redactor: Redactor): never {
  const usual = status >= 500 ? (["failed", true] as const) : (["malformed", false] as const);
  const redirected = status >= 300 && status < 400;
  const [code, retryable] = redirected ? (["redirected", false] as const) : (statuses[status] ?? usual);
  const told = redirected ? "; redirects are not followed: write the address it leads to" : reasonOf(text);
  throw new AdapterError(code, `answered ${status}${told && cleaned(told, redactor)}`, { retryable });
}

function reasonOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" && error !== "" ? `: ${error}` : "";
  } catch {
    return "";
  }
}

function whyUnreachable(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
  return cause || (error instanceof Error ? error.message : String(error));
}

const shownMax = 300;
const readMax = 8_192;

/** A server's text as it may be shown and kept: redacted, on one line, bounded (I9, I10, I11). */
export function cleaned(text: string, redactor: Redactor, max = shownMax): string {
  const safe = oneLine(redactor.redact(text.slice(0, readMax).toWellFormed()));
  return safe.length > max ? `${safe.slice(0, max - 1).toWellFormed()}…` : safe;
}
