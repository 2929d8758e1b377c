import { createSimulatedWorld } from "../adapters/durable/simulated/simulated-world.ts";
import { createMemoryStore } from "../adapters/store/memory/memory-store.ts";
import type { Ask } from "../loop/decision/ask.ts";
import { defaultRestraints } from "../loop/decision/restraints.ts";
import type { AuditRecord } from "../loop/audit/record.ts";
import type { Finding } from "../loop/detection/finding.ts";
import type { Group } from "../loop/incident/correlate.ts";
import type { AlertSignal } from "../loop/signal/signal.ts";
import type { Service } from "../loop/signal/service.ts";
import type { ActiveConfig } from "../ports/config.ts";
import type { Notification } from "../ports/notifier.ts";
import { heal } from "./heal.ts";
import { respond } from "./respond.ts";
import type { World } from "./world.ts";

const startMs = 1_790_000_000_000;

const service = (name: string, dependsOn: readonly string[]): Service => ({
  name,
  environment: "production",
  owner: "nobody",
  tier: 3,
  labels: {},
  dependsOn,
  telemetryName: name,
  emitsTelemetry: false,
  instances: [],
  minHealthy: 0,
  config: [],
  synthetics: [],
});

/**
 * One controller that sees no telemetry, has no runbooks and reaches no target: what comes in becomes incidents, and their
 * heals really run, on virtual time. `calls`: who calls whom.
 */
export async function calmWorld(calls: Readonly<Record<string, readonly string[]>>, ask: Ask = permitAll) {
  const simulated = createSimulatedWorld({ seed: 1, startMs });
  const store = createMemoryStore(simulated);
  const records: Omit<AuditRecord, "v">[] = [];
  const told: Notification[] = [];
  const names = new Set([...Object.keys(calls), ...Object.values(calls).flat()]);
  const services = [...names].map((name) => service(name, calls[name] ?? []));
  const none = async (): Promise<never[]> => [];
  const world: World = {
    store,
    durable: simulated.controller("c-1"),
    clock: simulated,
    telemetry: { service: none, edge: none, all: none, edges: none },
    evidence: () => undefined,
    checker: { check: async () => Promise.reject(new Error("nothing is checked here")) } as never,
    actuators: [],
    config: () => configOf(services, ask),
    stops: async () => ({ known: true, entries: await store.stops.list() }),
    async record(...more) {
      for (const r of more) if (!records.some((k) => k.key === r.key)) records.push(r);
    },
    tell: async (notification) => void told.push(notification),
    controller: { id: "c-1", current: async () => true },
    holdTarget: async () => undefined,
    releaseTarget: async () => undefined,
    exits: () => [],
    pause: async () => undefined,
  };
  world.durable.register("heal", heal(world));
  await world.durable.launch();
  let sent = 0;
  /** One look of the watch, after these alerts and with these findings. */
  async function look(
    alerts: readonly AlertSignal[],
    findings: readonly Finding[] = [],
    groups: readonly Group[] = [],
  ) {
    await store.inbox.put(alerts.map((signal) => ({ id: `alert/${++sent}`, signal, receivedAtMs: simulated.nowMs() })));
    await respond(world, { changed: findings, groups });
    return store.incidents.list({ live: true, limit: 100 });
  }
  const pass = (ms: number): Promise<void> => simulated.run({ untilMs: simulated.nowMs() + ms });
  return { world, store, records, told, look, pass, runs: () => simulated.runs(), startMs };
}

const permitAll: Ask = () => ({ allowed: true, policies: ["operators"], annotations: {}, errors: [] });

const configOf = (services: readonly Service[], ask: Ask): ActiveConfig => ({
  commit: "c0ffee",
  services,
  slos: [],
  runbooks: [],
  signatures: [],
  notifiers: [],
  settings: {
    restraints: defaultRestraints,
    incidents: { confirmMs: 0, quietMs: 30_000 },
    commands: [],
    approvalExpiresInMs: 3_600_000,
    knownGoodAfterMs: 60_000,
    attemptsMax: 3,
    prometheus: [],
    telemetry: {
      keeping: { shares: { 1: 1, 2: 1, 3: 1, 4: 1 }, beforeMs: 60_000, afterMs: 60_000 },
      retention: { thinnedMs: 86_400_000, wholeMs: 86_400_000, bytesMax: 1e9 },
    },
  },
  ask,
  conditions: { check: () => undefined, evaluate: () => ({ ok: true, value: true }) } as never,
});
