import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const readyWithinMs = 60_000;

export interface Ready {
  readonly url: string;
  readonly otlpUrl: string;
  readonly login: string;
  readonly auditKey: string;
  readonly pid: number;
}

/** A Homeostat in its own process, as anyone would start it, and its API. */
export interface Homeostat {
  readonly ready: Ready;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown, token?: string): Promise<T>;
  text(path: string): Promise<string>;
  stop(): Promise<void>;
  /** SIGKILL, as a machine does that loses its power. */
  kill(): Promise<void>;
  /** Starts it again on the same data, ports and care repo. */
  restart(): Promise<void>;
}

export interface HomeostatOptions {
  readonly careDir: string;
  readonly dataDir: string;
  readonly port: number;
  readonly otlpPort: number;
  readonly ingestToken: string;
}

export const newIngestToken = (): string => `hs_${randomBytes(32).toString("base64url")}`;

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** One life of the process. */
interface Life {
  readonly child: ChildProcess;
  readonly ready: Ready;
  readonly token: string;
}

async function live(options: HomeostatOptions): Promise<Life> {
  const { careDir, dataDir, port, otlpPort, ingestToken } = options;
  const logFile = join(dataDir, "..", "homeostat.log");
  const args = [
    main,
    "up",
    "--json",
    "--care",
    careDir,
    "--data",
    dataDir,
    "--port",
    String(port),
    "--otlp-port",
    String(otlpPort),
    "--otlp-grpc-port",
    "0",
  ];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOMEOSTAT_INGEST_TOKEN: ingestToken },
  });
  child.stderr?.pipe(createWriteStream(logFile, { flags: "a" }));
  const ready = await firstLine(child, logFile);
  const { token } = JSON.parse(await readFile(join(dataDir, "connection.json"), "utf8")) as { token: string };
  return { child, ready, token };
}

export async function startHomeostat(options: HomeostatOptions): Promise<Homeostat> {
  let life = await live(options);
  const call = async (path: string, init: RequestInit, as = life.token): Promise<Response> => {
    const headers = { authorization: `Bearer ${as}`, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(new URL(path, life.ready.url), {
      ...init,
      headers,
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  return {
    ready: life.ready,
    get: async <T>(path: string) => (await (await call(path, {})).json()) as T,
    post: async <T>(path: string, body: unknown, as?: string) => {
      const init = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
      return (await (await call(path, init, as)).json()) as T;
    },
    text: async (path) => (await call(path, {})).text(),
    stop: () => end(life.child, "SIGTERM"),
    kill: () => end(life.child, "SIGKILL"),
    restart: async () => {
      life = await live(options);
    },
  };
}

function firstLine(child: ChildProcess, logFile: string): Promise<Ready> {
  return new Promise((resolve, reject) => {
    let text = "";
    const late = setTimeout(
      () => reject(new Error(`Homeostat was not ready within ${readyWithinMs / 1000} s: see ${logFile}`)),
      readyWithinMs,
    );
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.indexOf("\n");
      if (line < 0) return;
      clearTimeout(late);
      resolve(JSON.parse(text.slice(0, line)) as Ready);
    });
    child.once("exit", (code) => {
      clearTimeout(late);
      reject(new Error(`Homeostat ended with code ${code} while starting: see ${logFile}`));
    });
  });
}

async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  child.kill(signal);
  const killer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await gone;
  clearTimeout(killer);
}
