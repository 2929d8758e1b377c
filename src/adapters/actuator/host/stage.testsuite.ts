import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ActionRequest } from "../../../loop/run/run.ts";
import type { Service } from "../../../loop/signal/service.ts";
import type { Actuator } from "../../../ports/actuator.ts";
import type { Host } from "./host.ts";

/** A folder of its own for one test, and a host that declares one service in it. */
export async function testHost(
  declare: (dir: string) => Partial<Service>,
  commands: (dir: string) => string[] = () => [],
) {
  const dir = await mkdtemp(join(tmpdir(), "homeostat-host-"));
  await mkdir(join(dir, "data"));
  const service: Service = {
    name: "shop",
    environment: "test",
    owner: "team",
    tier: 3,
    labels: {},
    dependsOn: [],
    telemetryName: "shop",
    emitsTelemetry: true,
    instances: [],
    minHealthy: 0,
    config: [],
    synthetics: [],
    ...declare(dir),
  };
  const host: Host = {
    services: () => [service],
    settings: () => ({ commands: commands(dir) }),
    dataDir: join(dir, "data"),
    clock: { nowMs: () => Date.now() },
  };
  return { dir, host, end: () => rm(dir, { recursive: true, force: true }) };
}

export const requestOf = (
  action: ActionRequest["action"],
  parameters: ActionRequest["parameters"],
  timeoutMs = 10_000,
): Omit<ActionRequest, "before" | "key"> => ({ action, service: "shop", parameters, timeoutMs });

/** Captures and executes under one key, as the engine does. */
export async function act(actuator: Actuator, key: string, request: Omit<ActionRequest, "before" | "key">) {
  const asked = { ...request, key };
  const full = { ...asked, before: await actuator.capture(asked) };
  return { request: full, done: await actuator.execute(full, new AbortController().signal) };
}
