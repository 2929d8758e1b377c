import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { writeText } from "../files.ts";
import { instanceNamed, memberNamed, type ServiceName, type ShopLayout } from "../layout.ts";
import { pidIn, signal } from "../processes.ts";
import { leavePoison } from "../service/spool.ts";
import { announce } from "./intent.ts";

/**
 * Leaves an entry in an instance's spool that it cannot replay, and kills it as the kernel would: it dies again and again
 * until its disposable state is moved away. Returns the time of the kill.
 */
export function poison(layout: ShopLayout, name: string): number {
  const { instance } = instanceNamed(layout, name);
  leavePoison(instance.scratchDir, `entry-${Date.now() % 100_000}`);
  const pid = pidIn(instance.pidFile);
  if (pid !== undefined) {
    announce(layout, { kind: "signal", pid, instance: name, signal: "SIGKILL", because: `poison ${name}` });
    signal(pid, "SIGKILL");
  }
  return Date.now();
}

/** Hangs the store until it is killed: stopped by the kernel, or deadlocked so that it accepts and never answers. */
export function hangStore(layout: ShopLayout, how: "stopped" | "deadlocked"): number {
  const [instance] = memberNamed(layout, "store").instances;
  const pid = instance === undefined ? undefined : pidIn(instance.pidFile);
  if (pid === undefined) throw new Error("the store does not run, start the shop first");
  announce(layout, { kind: "note", because: `hang the store (${how})` });
  signal(pid, how === "stopped" ? "SIGSTOP" : "SIGUSR2");
  return Date.now();
}

const stoppedMs = 280;
const runningMs = 60;

/** A short burst of raised latency on one service, without errors: its processes are held up by turns. Leaves them running. */
export async function blip(layout: ShopLayout, service: ServiceName, forMs: number): Promise<number> {
  const pids = memberNamed(layout, service).instances.flatMap((instance) => pidIn(instance.pidFile) ?? []);
  announce(layout, { kind: "note", because: `hold ${service} up for ${forMs} ms` });
  const startedAtMs = Date.now();
  try {
    while (Date.now() - startedAtMs < forMs) {
      for (const pid of pids) signal(pid, "SIGSTOP");
      await sleep(stoppedMs);
      for (const pid of pids) signal(pid, "SIGCONT");
      await sleep(runningMs);
    }
  } finally {
    for (const pid of pids) signal(pid, "SIGCONT");
  }
  return startedAtMs;
}

/** No process of the shop exports telemetry any more, within about a second; nothing else changes. */
export function killExporters(layout: ShopLayout): number {
  announce(layout, { kind: "note", because: "kill the exporters" });
  writeText(layout.telemetryOffFile, "off\n");
  return Date.now();
}

export function restoreExporters(layout: ShopLayout): void {
  announce(layout, { kind: "note", because: "restore the exporters" });
  rmSync(layout.telemetryOffFile, { force: true });
}
