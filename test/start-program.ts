import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** Those of the programs that are not here. Debian's packages of the same names bring them. */
export const missingOf = (programs: readonly string[]): readonly string[] =>
  programs.filter((name) => {
    try {
      execFileSync(name, ["--version"], { stdio: "ignore" });
      return false;
    } catch {
      return true;
    }
  });

export interface Program {
  /** The end of what it said on standard error. */
  said(): string;
  /** Waits until this address answers well. */
  ready(url: string, withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a program of this machine; it ends with whoever started it. */
export function startProgram(name: string, cwd: string, args: readonly string[]): Program {
  const child: ChildProcess = spawn(name, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
  const gone = new Promise((done) => child.once("close", done));
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  return {
    said: () => said,
    async ready(url, withinMs) {
      for (const untilMs = Date.now() + withinMs; ; await sleep(50)) {
        const well = await fetch(url).then(
          (r) => r.ok,
          () => false,
        );
        if (well) return;
        if (Date.now() > untilMs) throw new Error(`${name} is not ready: ${said}`);
      }
    },
    async stop() {
      child.kill("SIGTERM");
      const killer = setTimeout(kill, 10_000);
      await gone;
      clearTimeout(killer);
      process.off("exit", kill);
    },
  };
}
