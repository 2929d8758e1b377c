import { expect, test } from "vitest";
import { createMemoryStore } from "../../adapters/store/memory/memory-store.ts";
import type { Incident } from "../../loop/incident/incident.ts";
import type { Service } from "../../loop/signal/service.ts";
import { keptWindows } from "./kept-windows.ts";
import { createNaming } from "../sight/naming.ts";

const nowMs = 1_790_000_000_000;
const minuteMs = 60_000;
const rules = { shares: { 1: 1, 2: 1, 3: 1, 4: 1 }, beforeMs: 5 * minuteMs, afterMs: 5 * minuteMs };

const service = (name: string, over: Partial<Service> = {}): Service => ({
  name,
  environment: "prod",
  owner: "team",
  tier: 2,
  labels: {},
  dependsOn: [],
  telemetryName: name,
  emitsTelemetry: true,
  instances: [],
  minHealthy: 0,
  config: [],
  synthetics: [],
  ...over,
});
const services = [
  service("checkout", { dependsOn: ["cart"] }),
  service("cart", { telemetryName: "cart-v2" }),
  service("other"),
];

const incident = (id: string, over: Partial<Incident>): Incident => ({
  id,
  environment: "prod",
  state: "diagnosing",
  severity: 2,
  services: ["cart"],
  openedAtMs: nowMs - 10 * minuteMs,
  sinceMs: nowMs - 11 * minuteMs,
  updatedAtMs: nowMs,
  findings: [],
  alerts: [],
  changes: [],
  timeline: [],
  traceId: "0".repeat(32),
  ...over,
});

async function windowsOf(...incidents: readonly Incident[]) {
  const store = createMemoryStore({ nowMs: () => nowMs });
  for (const i of incidents) await store.incidents.save(i, 0);
  const parts = {
    incidents: store.incidents,
    telemetry: { edges: async () => [{ from: "cart", to: "store" }] },
    naming: createNaming(() => services),
    services: () => services,
  };
  return keptWindows(parts, rules, nowMs);
}

test("windows reach to declared and learned neighbours, and go by telemetry's names", async () => {
  const windows = await windowsOf(incident("inc-1", {}));
  expect(windows.map((w) => w.service).toSorted()).toEqual(["cart-v2", "checkout", "store"]);
  expect(windows.every((w) => w.fromMs === nowMs - 15 * minuteMs)).toBe(true);
});

test("an incident that ended a while ago is not looked at any more, one that ended lately is", async () => {
  const ended = (id: string, agoMs: number) => incident(id, { state: "resolved", endedAtMs: nowMs - agoMs });
  expect(await windowsOf(ended("inc-1", 60 * minuteMs))).toEqual([]);
  expect(await windowsOf(ended("inc-2", 2 * minuteMs))).toHaveLength(3);
});
