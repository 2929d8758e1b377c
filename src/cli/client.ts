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
  const written = await readFile(file, "utf8").then(
    (text) => JSON.parse(text) as Connection,
    () => undefined,
  );
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
};

/** One request to the API; its JSON. Refusals and an unreachable server end the command. */
export async function request<T>(
  to: Connection,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(new URL(path, to.url), {
    method,
    headers: {
      authorization: `Bearer ${to.token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  }).catch((cause: unknown) => {
    throw new CommandError(
      exitCode.unreachable,
      `${to.url} does not answer (${cause instanceof Error ? cause.message : String(cause)}): is \`homeostat up\` running`,
    );
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  throw new CommandError(exitOf[response.status] ?? exitCode.failed, refusalText(text, response.status));
}

function refusalText(text: string, status: number): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string; reasons?: string[] } };
    return [error?.message ?? `the server answered ${status}`, ...(error?.reasons ?? [])].join("\n  ");
  } catch {
    return `the server answered ${status}`;
  }
}
