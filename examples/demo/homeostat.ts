import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
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

export async function startHomeostat(options: HomeostatOptions): Promise<Homeostat> {
  const args = [
    main,
    "up",
    "--json",
    "--care",
    options.careDir,
    "--data",
    options.dataDir,
    "--port",
    String(options.port),
    "--otlp-port",
    String(options.otlpPort),
  ];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOMEOSTAT_INGEST_TOKEN: options.ingestToken },
  });
  const log = createWriteStream(join(options.dataDir, "..", "homeostat.log"), { flags: "a" });
  child.stderr?.pipe(log);
  const ready = await firstLine(child, join(options.dataDir, "..", "homeostat.log"));
  const { token } = (await import("node:fs/promises")
    .then((fs) => fs.readFile(join(options.dataDir, "connection.json"), "utf8"))
    .then(JSON.parse)) as { token: string };
  const call = async (path: string, init: RequestInit, as = token): Promise<Response> => {
    const response = await fetch(new URL(path, ready.url), {
      ...init,
      headers: { authorization: `Bearer ${as}`, ...init.headers },
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  return {
    ready,
    get: async <T>(path: string) => (await (await call(path, {})).json()) as T,
    post: async <T>(path: string, body: unknown, as?: string) =>
      (await (
        await call(
          path,
          { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } },
          as,
        )
      ).json()) as T,
    text: async (path) => (await call(path, {})).text(),
    stop: () => end(child),
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
      const end = text.indexOf("\n");
      if (end < 0) return;
      clearTimeout(late);
      resolve(JSON.parse(text.slice(0, end)) as Ready);
    });
    child.once("exit", (code) => {
      clearTimeout(late);
      reject(new Error(`Homeostat ended with code ${code} while starting: see ${logFile}`));
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await gone;
  clearTimeout(killer);
}
