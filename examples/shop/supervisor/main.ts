import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeJson, writeText } from "../files.ts";
import { readLayout, shopFileOf, type ShopLayout } from "../layout.ts";
import { isHealthy } from "../processes.ts";
import { keepRunning, type Child } from "./child.ts";
import { openLedger } from "./ledger.ts";
import { watchShop } from "./watch.ts";

const stopWithinMs = 4000;

export interface Supervising {
  readonly dir: string;
  readonly withLoad: boolean;
}

/** Starts the shop laid out under a directory, keeps it running, and records what happens to it, until SIGTERM. */
export async function supervise({ dir, withLoad }: Supervising): Promise<void> {
  const layout = readLayout(dir);
  writeText(layout.supervisorPidFile, `${process.pid}\n`);
  const ledger = openLedger(layout.ledgerFile, layout.intentsFile);
  ledger.record({ kind: "supervisor", what: "started", pid: process.pid });
  const watching = watchShop(layout, ledger);
  const children: Child[] = [];
  let isStopping = false;
  let load: ChildProcess | undefined;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    ledger.record({ kind: "supervisor", what: "stopping", pid: process.pid }, "supervisor");
    load?.kill("SIGKILL");
    void stopAll(children).then(() => {
      watching.close();
      rmSync(layout.supervisorPidFile, { force: true });
      process.exit(0);
    });
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  for (const member of layout.members)
    for (const instance of member.instances) children.push(keepRunning(layout, member, instance, ledger));
  // A stop meanwhile ends the process, and this wait with it.
  while (!(await allHealthy(layout))) await sleep(100);
  if (withLoad) load = startLoad(layout);
  writeJson(shopFileOf(dir), layout);
}

async function allHealthy(layout: ShopLayout): Promise<boolean> {
  const answers = await Promise.all(layout.members.flatMap((m) => m.instances.map((i) => isHealthy(i.healthUrl))));
  return answers.every(Boolean);
}

function startLoad(layout: ShopLayout): ChildProcess {
  const script = join(import.meta.dirname, "..", "load.ts");
  const child = spawn(process.execPath, [script, "--dir", layout.dir], { stdio: "ignore", cwd: layout.dir });
  writeText(layout.loadPidFile, `${child.pid ?? 0}\n`);
  child.once("exit", () => rmSync(layout.loadPidFile, { force: true }));
  return child;
}

/** SIGTERM for all; SIGKILL for what is still there after a while, a stopped or hung process too. */
async function stopAll(children: readonly Child[]): Promise<void> {
  for (const child of children) child.stop("SIGTERM");
  const endMs = Date.now() + stopWithinMs;
  while (children.some((child) => child.isRunning()) && Date.now() < endMs) await sleep(50);
  for (const child of children) child.stop("SIGKILL");
  while (children.some((child) => child.isRunning())) await sleep(20);
}
