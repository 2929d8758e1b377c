import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ifReadable } from "./files.ts";
import { orSay } from "./or-say.ts";
import { readLayout, supervisorPidFileOf } from "./layout.ts";
import { hasArgument, isAlive, pidIn, signal, until } from "./processes.ts";

const stopWithinMs = 10_000;

/** Stops the shop of a directory: its supervisor stops the rest. What outlives that is killed. Does nothing when none runs. */
export async function stopShop(directory: string): Promise<void> {
  const dir = resolve(directory);
  const layout = ifReadable(() => readLayout(dir));
  const pids = [
    supervisorPidFileOf(dir),
    ...(layout === undefined
      ? []
      : [layout.loadPidFile, ...layout.members.flatMap((m) => m.instances.map((i) => i.pidFile))]),
  ].flatMap((file) => pidIn(file) ?? []);
  // A pid file may be older than the machine's last start: only a process started for this directory is the shop's.
  const ours = pids.filter((pid) => hasArgument(pid, dir));
  const supervisor = ours.find((pid) => pid === pidIn(supervisorPidFileOf(dir)));
  if (supervisor !== undefined && signal(supervisor, "SIGTERM"))
    await until("the supervisor did not stop", stopWithinMs, () => !isAlive(supervisor)).catch(() => undefined);
  for (const pid of ours) if (isAlive(pid)) signal(pid, "SIGKILL");
  await until("the shop did not stop", stopWithinMs, () => !ours.some(isAlive));
}

/** `node examples/shop/stop.ts --dir DIR` */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { dir: { type: "string" } } });
  if (values.dir === undefined) throw new Error("no shop to stop, give --dir DIR");
  await stopShop(values.dir);
}

if (import.meta.main) await orSay(main);
