import { expect, test } from "vitest";
import type { Incident } from "../incident/incident.ts";
import { joinTopology } from "../incident/topology.ts";
import { createKeeping } from "./keeping.ts";
import { windowsOf, wholeMsMax } from "./windows-of.ts";

const openedAtMs = 1_790_000_000_000;
const minuteMs = 60_000;
const around = { beforeMs: 5 * minuteMs, afterMs: 3 * minuteMs };
const incident = (over: Partial<Incident>): Incident => ({
  id: "inc-1",
  environment: "prod",
  state: "diagnosing",
  severity: 2,
  services: ["cart"],
  openedAtMs,
  sinceMs: openedAtMs,
  updatedAtMs: openedAtMs,
  findings: [],
  alerts: [],
  changes: [],
  timeline: [],
  traceId: "0".repeat(32),
  ...over,
});
const edges = [
  { from: "gateway", to: "cart" },
  { from: "cart", to: "store" },
  { from: "store", to: "disk" },
];
const keepingOf = (incidents: readonly Incident[]) => {
  const windows = windowsOf(incidents, () => joinTopology(edges, []), around);
  return createKeeping({ ...around, shares: { 1: 1, 2: 1, 3: 0.5, 4: 0 } }, windows, []);
};

test("an incident's services and their neighbours are whole, from before it opened until after it ended; no others", () => {
  const keeping = keepingOf([incident({ endedAtMs: openedAtMs + 10 * minuteMs })]);
  for (const service of ["gateway", "cart", "store"]) {
    expect(keeping.isWhole(service, "prod", openedAtMs - 5 * minuteMs)).toBe(true);
    expect(keeping.isWhole(service, "prod", openedAtMs + 13 * minuteMs - 1)).toBe(true);
    expect(keeping.isWhole(service, "prod", openedAtMs - 5 * minuteMs - 1)).toBe(false);
    expect(keeping.isWhole(service, "prod", openedAtMs + 13 * minuteMs)).toBe(false);
  }
  expect(keeping.isWhole("disk", "prod", openedAtMs)).toBe(false);
  expect(keeping.isWhole("cart", "staging", openedAtMs)).toBe(false);
});

test("one that lives has no end yet, but is not whole for ever (I11)", () => {
  const keeping = keepingOf([incident({})]);
  expect(keeping.isWhole("cart", "prod", openedAtMs + wholeMsMax - 1)).toBe(true);
  expect(keeping.isWhole("cart", "prod", openedAtMs + wholeMsMax)).toBe(false);
});

test("a service nobody declared is sampled as tier 3", () => {
  expect(keepingOf([]).share("unknown", "prod")).toBe(0.5);
});
