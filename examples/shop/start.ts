import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { orSay } from "./or-say.ts";
import { readText, writeJson } from "./files.ts";
import { firstFlags } from "./flag-file.ts";
import {
  calls,
  flagNames,
  layoutFileOf,
  layoutOf,
  portsNeeded,
  memberNamed,
  supervisorPidFileOf,
  type MemberLayout,
  shopFileOf,
  type ShopLayout,
} from "./layout.ts";
import { freePorts } from "./ports.ts";
import { hasArgument, isAlive, pidIn, signal, until } from "./processes.ts";
import { createRelease, switchRelease } from "./release.ts";
import { firstSettings } from "./settings.ts";
import { stopShop } from "./stop.ts";

export interface StartOptions {
  /** An absent or empty directory, or one an earlier shop left behind (it is laid out anew). */
  readonly dir: string;
  readonly environment?: string;
  /** Base URL of the OTLP/HTTP receiver. */
  readonly otlpEndpoint: string;
  /** Bearer token for the receiver. */
  readonly token: string;
  readonly seed?: number;
  /** Whether visitors come, from the start on; true when absent. */
  readonly load?: boolean;
  readonly readyWithinMs?: number;
}

/**
 * Lays a shop out and starts it under a supervisor of its own, detached from this process. Resolves when every instance
 * is healthy. Throws when a shop runs in the directory already, or does not get healthy in time (then nothing is left running).
 */
export async function startShop(options: StartOptions): Promise<ShopLayout> {
  const dir = resolve(options.dir);
  await layOut(dir, options);
  const log = openSync(join(dir, "logs", "supervisor.log"), "a");
  const args = [
    join(import.meta.dirname, "supervisor.ts"),
    "--dir",
    dir,
    ...(options.load === false ? ["--no-load"] : []),
  ];
  const supervisor = spawn(process.execPath, args, {
    cwd: dir,
    detached: true,
    stdio: ["ignore", log, log],
    // Nothing of the starter's own settings or secrets goes on to the shop.
    env: {
      PATH: process.env.PATH,
      OTEL_EXPORTER_OTLP_ENDPOINT: options.otlpEndpoint,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${encodeURIComponent(`Bearer ${options.token}`)}`,
    },
  });
  supervisor.unref();
  closeSync(log);
  try {
    await until("the shop is not healthy", options.readyWithinMs ?? 30_000, () => existsSync(shopFileOf(dir)));
  } catch (error) {
    if (supervisor.pid !== undefined) signal(supervisor.pid, "SIGTERM");
    await stopShop(dir);
    throw new Error(`the shop did not start, look into \`${join(dir, "logs")}\``, { cause: error });
  }
  return JSON.parse(readText(shopFileOf(dir)));
}

async function layOut(dir: string, options: StartOptions): Promise<void> {
  const running = pidIn(supervisorPidFileOf(dir));
  if (running !== undefined && isAlive(running) && hasArgument(running, dir))
    throw new Error(`a shop runs in \`${dir}\` already (supervisor ${running}), stop it with stop.ts --dir ${dir}`);
  clear(dir);
  const ports = await freePorts(portsNeeded);
  const layout = layoutOf(dir, options.environment ?? "demo", options.seed ?? 1, ports);
  for (const member of layout.members) layOutMember(member, layout);
  writeJson(layout.flagsFile, firstFlags(flagNames));
  const addresses = layout.members.map((m) => [m.name, m.instances.map((i) => ({ host: "127.0.0.1", port: i.port }))]);
  writeJson(layout.addressesFile, Object.fromEntries(addresses));
  writeJson(layoutFileOf(dir), layout);
}

/** Removes what an earlier shop left in the directory, and nothing else. */
function clear(dir: string): void {
  const folders = ["releases", "run", "scratch", "config", "store", "logs"];
  const files = ["ledger.jsonl", "intents.jsonl", "load.json", "shop.json", "telemetry-off"];
  for (const name of [...folders, ...files]) rmSync(join(dir, name), { recursive: true, force: true });
  for (const name of ["run", "logs", "store"]) mkdirSync(join(dir, name), { recursive: true });
}

function layOutMember(member: MemberLayout, layout: ShopLayout): void {
  for (const { scratchDir } of member.instances) mkdirSync(scratchDir, { recursive: true });
  if (member.kind === "store") return;
  for (const version of ["1.0.0", "1.1.0"]) createRelease(member.releasesDir, version, {});
  switchRelease(member.currentLink, "1.1.0");
  const [store] = memberNamed(layout, "store").instances;
  writeJson(member.configFile, firstSettings(calls[member.name], store?.port ?? 0));
}

/** `node examples/shop/start.ts --dir DIR [--otlp URL] [--environment NAME] [--seed N] [--no-load]`; the token comes from OTLP_TOKEN. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      otlp: { type: "string", default: "http://127.0.0.1:4318" },
      environment: { type: "string", default: "demo" },
      seed: { type: "string", default: "1" },
      "no-load": { type: "boolean", default: false },
    },
  });
  if (values.dir === undefined) throw new Error("no directory to work in, give --dir DIR");
  const layout = await startShop({
    dir: values.dir,
    environment: values.environment,
    otlpEndpoint: values.otlp,
    token: process.env.OTLP_TOKEN ?? "",
    seed: Number(values.seed),
    load: !values["no-load"],
  });
  console.log(`the shop is open at ${layout.gatewayUrl}, laid out in ${shopFileOf(layout.dir)}`);
}

if (import.meta.main) await orSay(main);
