import { existsSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** The pid a pid file holds; `undefined` when there is none. */
export function pidIn(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a process lives; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !/^State:\s+Z/m.test(procFile(pid, "status"));
}

/** Whether a live process was started with this argument: guards against a pid that now belongs to somebody else. Believes it where there is no /proc. */
export const hasArgument = (pid: number, argument: string): boolean =>
  !existsSync("/proc/self/cmdline") || procFile(pid, "cmdline").split("\0").includes(argument);

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

/** Sends a signal; `false` when the process is gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Whether a health URL answers 200 in time. */
export const isHealthy = (url: string, timeoutMs = 1000): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
    request.once("close", () => resolve(false));
  });

/** Asks again every 50 ms until it is so; throws with `what` when it is not within the limit. */
export async function until(what: string, limitMs: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await sleep(50);
  }
}
