import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cpuSeconds } from "./cpu-seconds.ts";
import { writeBenchCare } from "./alerts-care.ts";

const readyMs = 120_000;
const endMs = 60_000;

export interface BenchHomeostat {
  readonly url: string;
  readonly token: string;
  readonly databaseUrl: string;
  /** From the start of loading the care repo to listening. */
  readonly startMs: number;
  /** CPU time its process took so far; the database's is not in it. */
  cpuSeconds(): Promise<number>;
  end(): Promise<void>;
}

/** A Homeostat of 10,000 services in a process of its own, and everything it needs, in a folder that goes with it. */
export async function benchHomeostat(): Promise<BenchHomeostat> {
  const dir = await mkdtemp(join(tmpdir(), "bench-homeostat-"));
  const [care, data] = [join(dir, "care"), join(dir, "data")];
  await writeBenchCare(care);
  const file = fileURLToPath(new URL("alerts-server.ts", import.meta.url));
  const child = spawn(process.execPath, [...profilerArgs(), file, care, data], { stdio: ["pipe", "pipe", "inherit"] });
  const end = async (): Promise<void> => {
    await endChild(child);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const gone = once(child, "close").then(() =>
      Promise.reject(new Error("homeostat did not start: it says why above")),
    );
    const line = once(createInterface(child.stdout), "line", { signal: AbortSignal.timeout(readyMs) });
    const [text] = await Promise.race([line, gone]);
    gone.catch(() => undefined);
    const told: Pick<BenchHomeostat, "url" | "databaseUrl" | "startMs"> = JSON.parse(String(text));
    const token = (await readFile(join(data, "admin.token"), "utf8")).trim();
    return { ...told, token, cpuSeconds: () => cpuSeconds(child.pid), end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** `BENCH_CPU_PROFILE=<folder>` leaves a CPU profile of the server there. */
function profilerArgs(): string[] {
  const folder = process.env["BENCH_CPU_PROFILE"];
  return folder ? ["--cpu-prof", `--cpu-prof-dir=${folder}`] : [];
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.stdin?.end();
  const killer = setTimeout(() => child.kill("SIGKILL"), endMs);
  await closed;
  clearTimeout(killer);
}
