import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, realpathSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { writeText } from "../files.ts";
import { layoutFileOf, type InstanceLayout, type MemberLayout, type ShopLayout } from "../layout.ts";
import type { Ledger } from "./ledger.ts";

const shopCode = join(import.meta.dirname, "..");
const restartLeastMs = 500;
const restartMostMs = 2000;
/** An instance that lived this long was well: its restarts begin with the short delay again. */
const wellAfterMs = 5000;

export interface Child {
  readonly stop: (signal: NodeJS.Signals) => void;
  readonly isRunning: () => boolean;
}

/** Keeps one instance running, each time from the release the link points at just then, until it is stopped. */
export function keepRunning(layout: ShopLayout, member: MemberLayout, instance: InstanceLayout, ledger: Ledger): Child {
  let running: ChildProcess | undefined;
  let isStopping = false;
  let delayMs = restartLeastMs;
  let waiting: NodeJS.Timeout | undefined;
  const start = () => {
    const startedMs = performance.now();
    const { child, release } = launch(layout, member, instance);
    running = child;
    const pid = child.pid ?? 0;
    if (pid > 0) writeText(instance.pidFile, `${pid}\n`);
    const who = { instance: instance.name, service: member.name, pid, release };
    ledger.record({ kind: "started", ...who });
    let isOver = false;
    const over = (code: number | null, signal: string | null) => {
      if (isOver) return;
      isOver = true;
      running = undefined;
      rmSync(instance.pidFile, { force: true });
      ledger.record({ kind: "exited", ...who, code, signal }, isStopping ? "supervisor" : undefined);
      if (isStopping) return;
      delayMs = performance.now() - startedMs > wellAfterMs ? restartLeastMs : Math.min(delayMs * 2, restartMostMs);
      waiting = setTimeout(start, delayMs);
    };
    child.once("error", () => over(null, null));
    child.once("exit", over);
  };
  start();
  return {
    stop: (signal) => {
      isStopping = true;
      clearTimeout(waiting);
      running?.kill(signal);
    },
    isRunning: () => running !== undefined,
  };
}

/** The release directory is the process's working directory: /proc then tells what a process was started from. */
function launch(
  layout: ShopLayout,
  member: MemberLayout,
  instance: InstanceLayout,
): { child: ChildProcess; release: string } {
  const home = member.kind === "store" ? layout.dir : releaseDir(member);
  const script = join(shopCode, member.kind === "store" ? "store.ts" : "service/main.ts");
  const args = [script, "--dir", dirname(layoutFileOf(layout.dir)), "--instance", instance.name];
  mkdirSync(dirname(instance.logFile), { recursive: true });
  const log = openSync(instance.logFile, "a");
  const child = spawn(process.execPath, member.kind === "store" ? args : [...args, "--release", home], {
    cwd: home,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  return { child, release: member.kind === "store" ? "" : basename(home) };
}

/** Where the link leads; a broken link leads to a start that fails, is recorded, and is tried again. */
function releaseDir(member: MemberLayout): string {
  try {
    return realpathSync(member.currentLink);
  } catch {
    return member.currentLink;
  }
}
