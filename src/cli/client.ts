import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { CommandError, exitCode } from "./exit.ts";

export interface ConnectionOptions {
  readonly url?: string;
  readonly token?: string;
  readonly data?: string;
}

export interface Connection {
  readonly url: string;
  readonly token: string;
}

export const defaultDataDir = (): string => process.env["HOMEOSTAT_DATA"] ?? join(homedir(), ".homeostat");

/** Where a running Homeostat is: by options, then environment, then what `homeostat up` wrote into its data directory. */
export async function connection(options: ConnectionOptions): Promise<Connection> {
  const url = options.url ?? process.env["HOMEOSTAT_URL"];
  const token = options.token ?? process.env["HOMEOSTAT_TOKEN"];
  if (url && token) return { url, token };
  const file = join(options.data ?? defaultDataDir(), "connection.json");
  const written = await readFile(file, "utf8")
    .then((text) => JSON.parse(text) as Connection)
    .catch(() => undefined);
  if (!written)
    throw new CommandError(
      exitCode.unreachable,
      `no Homeostat found: \`${file}\` cannot be read; start one with \`homeostat up\`, or give --data, or --url and --token`,
    );
  return { url: url ?? written.url, token: token ?? written.token };
}

const exitOf: Readonly<Record<number, number>> = {
  400: exitCode.invalid,
  401: exitCode.refused,
  403: exitCode.refused,
  404: exitCode.notFound,
  409: exitCode.refused,
  413: exitCode.invalid,
  414: exitCode.invalid,
};

type Method = "GET" | "POST" | "DELETE";
const timeoutMs = 60_000;

/** One request to the API; its JSON. Refusals and an unreachable server end the command. */
export async function request<T>(
  to: Connection,
  method: Method,
  path: string,
  body?: unknown,
  withinMs = timeoutMs,
): Promise<T> {
  const text = await (await ask(to, method, path, body, withinMs)).text();
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new CommandError(exitCode.failed, `${to.url} does not answer like a Homeostat: is the address right`);
  }
}

/** One request to the API; its answer, which is a success. */
export async function ask(
  to: Connection,
  method: Method,
  path: string,
  body?: unknown,
  withinMs = timeoutMs,
): Promise<Response> {
  const response = await fetch(addressOf(to, path), {
    method,
    redirect: "manual",
    headers: {
      authorization: `Bearer ${to.token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(withinMs),
  }).catch((cause: unknown) => {
    throw new CommandError(
      exitCode.unreachable,
      `${to.url} does not answer (${whyOf(cause)}): is \`homeostat up\` running`,
    );
  });
  if (response.ok) return response;
  throw refusalOf(await response.text().catch(() => ""), response.status);
}

/** What Homeostat tells anybody about itself, without a token; undefined when it does not answer that either. */
export async function readiness(to: Connection): Promise<{ state: string; failed: readonly string[] } | undefined> {
  try {
    const answer = await fetch(addressOf(to, "/readyz"), {
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { state, failed } = (await answer.json()) as { state?: unknown; failed?: unknown };
    return { state: String(state), failed: Array.isArray(failed) ? failed.map(String) : [] };
  } catch {
    return undefined;
  }
}

function addressOf(to: Connection, path: string): URL {
  const url = URL.parse(path, to.url);
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new CommandError(exitCode.usage, `\`${to.url}\` is no address: give one such as http://127.0.0.1:8420`);
}

/** What `fetch` hides behind "fetch failed". */
function whyOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error && cause.cause.message !== "" ? cause.cause.message : cause.message;
}

function refusalOf(text: string, status: number): CommandError {
  const exit = exitOf[status] ?? exitCode.failed;
  try {
    const { error } = JSON.parse(text) as { error?: { code?: string; message?: string; reasons?: string[] } };
    return new CommandError(exit, error?.message ?? `the server answered ${status}`, {
      ...(error?.code === undefined ? {} : { code: error.code }),
      reasons: error?.reasons ?? [],
    });
  } catch {
    return new CommandError(exit, `the server answered ${status}`);
  }
}
