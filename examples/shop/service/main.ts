import type { Server } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readText, writeText } from "../files.ts";
import { instanceNamed, readLayout } from "../layout.ts";
import type { Release } from "../release.ts";
import { behaveAs } from "./behave.ts";
import { floorOf } from "./floor.ts";
import { routesOf } from "./routes.ts";
import { serverOf } from "./serve.ts";
import { poisonIn } from "./spool.ts";
import { startTelemetry, type Telemetry } from "./telemetry.ts";

const replayMs = 2000;
const drainMs = 1200;

/**
 * One instance of one service: `main.ts --dir DIR --instance NAME --release RELEASE-DIR`. It is started by the supervisor
 * with the release directory as its working directory, so that /proc tells which release a process came from.
 */
function main(): void {
  const { values } = parseArgs({
    options: { dir: { type: "string" }, instance: { type: "string" }, release: { type: "string" } },
  });
  const layout = readLayout(values.dir ?? "");
  const { member, instance } = instanceNamed(layout, values.instance ?? "");
  const release: Release = JSON.parse(readText(join(values.release ?? ".", "release.json")));
  const who = {
    service: member.name,
    version: release.version,
    instance: instance.name,
    environment: layout.environment,
  };
  const telemetry = startTelemetry(who, layout.telemetryOffFile);
  let state = "ready";
  const crash = (why: string) => {
    telemetry.error(`giving up: ${why}`);
    console.error(`giving up: ${why}`);
    void telemetry.close(300).then(() => process.exit(1));
  };
  const poison = poisonIn(instance.scratchDir);
  if (poison !== undefined) {
    state = `replaying spool entry ${poison}`;
    setTimeout(() => crash(`spool entry ${poison} cannot be replayed`), replayMs);
  }
  const { floor, reload } = floorOf(layout, member.configFile, telemetry);
  const server = serverOf({
    routes: routesOf[member.name],
    floor,
    behave: behaveAs(release, Math.random, crash),
    telemetry,
    state: () => state,
    about: { instance: instance.name, release: release.version },
  });
  server.listen(instance.port, "127.0.0.1", () => writeText(instance.portFile, `${instance.port}\n`));
  process.on("SIGHUP", () => reloadOrKeep(reload, telemetry));
  process.on("SIGTERM", () => {
    if (state === "draining") return;
    state = "draining";
    void drain(server, telemetry);
  });
  leaveWithParent();
}

function reloadOrKeep(reload: () => void, telemetry: Telemetry): void {
  try {
    reload();
  } catch (error) {
    telemetry.warn(`settings not reloaded: ${String(error)}`);
  }
}

/** Lets running requests end, for a while, sends what telemetry is left, and goes: under two seconds in all. */
async function drain(server: Server, telemetry: Telemetry): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, drainMs))]);
  server.closeAllConnections();
  await telemetry.close(500);
  process.exit(0);
}

/** Nobody would restart or stop an instance whose supervisor is gone. */
function leaveWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, 1000).unref();
}

main();
