import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Ready } from "../../examples/demo/homeostat.ts";
import type { IncidentView, StatusReport } from "../../src/engine/operations.ts";
import type { Incident } from "../../src/loop/incident/incident.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const readyWithinMs = 60_000;

export interface UpOptions {
  readonly care: string;
  readonly data: string;
  /** 0: a free one. */
  readonly port?: number;
  readonly otlpPort?: number;
  readonly databaseUrl?: string;
  readonly ingestToken?: string;
}

/** What a command left behind when it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `homeostat up` in a process of its own, and its API. */
export interface Controller {
  readonly pid: number;
  readonly ready: Ready;
  /** The token it gave to whoever started it. */
  readonly token: string;
  readonly ended: Promise<Ended>;
  stderr(): string;
  fetch(path: string, init?: Init): Promise<Response>;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown, token?: string): Promise<T>;
  status(): Promise<StatusReport>;
  /** Incidents opened since then, whole, oldest first. */
  views(sinceMs: number): Promise<IncidentView[]>;
  audit(): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** Ends it, also when it is paused. Calling it again is harmless. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Whatever is still there when this process ends goes with it. */
const alive = new Set<ChildProcess>();
process.on("exit", () => alive.forEach((child) => child.kill("SIGKILL")));

function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HOMEOSTAT_")));
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...clean, ...env },
  });
  alive.add(child);
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said.stderr = (said.stderr + chunk.toString()).slice(-20_000)));
  const ended = new Promise<Ended>((done) =>
    child.once("close", (code) => {
      alive.delete(child);
      done({ code, ...said });
    }),
  );
  return { child, said, ended };
}

/** One command, to its end. */
export async function cli(...args: readonly string[]): Promise<Ended> {
  const { child, ended } = launch(args);
  const killer = setTimeout(() => child.kill("SIGKILL"), 90_000);
  return ended.finally(() => clearTimeout(killer));
}

const argsOf = (o: UpOptions): string[] =>
  [
    ["up", "--json", "--care", o.care, "--data", o.data],
    ["--port", String(o.port ?? 0), "--otlp-port", String(o.otlpPort ?? 0), "--otlp-grpc-port", "0"],
    o.databaseUrl === undefined ? [] : ["--database-url", o.databaseUrl],
  ].flat();

/** An `up` that is expected not to come up. */
export const upThatEnds = (options: UpOptions): Promise<Ended> => cli(...argsOf(options));

export async function startController(options: UpOptions): Promise<Controller> {
  await mkdir(options.data, { recursive: true, mode: 0o711 });
  const started = launch(argsOf(options), { HOMEOSTAT_INGEST_TOKEN: options.ingestToken ?? "" });
  const { child, said, ended } = started;
  for (const untilMs = Date.now() + readyWithinMs; !said.stdout.includes("\n"); await sleep(50)) {
    if (child.exitCode === null && Date.now() < untilMs) continue;
    child.kill("SIGKILL");
    throw new Error(`Homeostat did not come up: ${said.stderr}`);
  }
  const ready = JSON.parse(said.stdout.split("\n")[0] ?? "") as Ready;
  const { token } = JSON.parse(await readFile(join(options.data, "connection.json"), "utf8")) as { token: string };
  return {
    pid: ready.pid,
    ready,
    token,
    ended,
    stderr: () => said.stderr,
    ...apiOf(ready.url, token),
    ...endOf(child, ended),
  };
}

/** A request with the headers by name. */
type Init = Omit<RequestInit, "headers"> & { readonly headers?: Readonly<Record<string, string>> };

function apiOf(url: string, token: string) {
  const call = (path: string, init: Init = {}, as = token): Promise<Response> =>
    fetch(new URL(path, url), {
      signal: AbortSignal.timeout(30_000),
      ...init,
      headers: { authorization: `Bearer ${as}`, ...init.headers },
    });
  const good = async (path: string, init?: Init, as?: string): Promise<Response> => {
    const response = await call(path, init, as);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  const get = async <T>(path: string): Promise<T> => (await (await good(path)).json()) as T;
  return {
    fetch: call,
    get,
    post: async <T>(path: string, body: unknown, as?: string): Promise<T> => {
      const init = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
      return (await (await good(path, init, as)).json()) as T;
    },
    status: () => get<StatusReport>("/api/v1/status"),
    async views(sinceMs: number): Promise<IncidentView[]> {
      const { incidents } = await get<{ incidents: Incident[] }>("/api/v1/incidents?limit=100");
      const mine = incidents.filter((i) => i.openedAtMs >= sinceMs).toReversed();
      return Promise.all(mine.map((i) => get<IncidentView>(`/api/v1/incidents/${i.id}`)));
    },
    audit: async () => (await good("/api/v1/audit")).text(),
  };
}

const endOf = (child: ChildProcess, ended: Promise<Ended>) => ({
  signal: (name: NodeJS.Signals): void => void child.kill(name),
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    if (!alive.has(child)) return;
    child.kill(signal);
    child.kill("SIGCONT");
    const killer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await ended;
    clearTimeout(killer);
  },
});
