import { expect, test } from "vitest";
import type { EnvironmentTopology, TopologyView } from "../engine/operations.ts";
import { topologyLines } from "./topology-lines.ts";

const nowMs = 1_790_000_000_000;
const none = { total: 0, shown: [] };
const quiet = { undeclaredCalls: none, unseenCalls: none, undeclaredServices: none, unheardServices: none };
const view = (environments: readonly EnvironmentTopology[], sinceMs = 0): TopologyView => ({
  nowMs,
  sinceMs,
  withinMs: 1_800_000,
  environments,
  environmentsLeftOut: 0,
});

test("services, calls and differences, each with its words, and how many more there are", () => {
  const service = { isDeclared: true, emitsTelemetry: true, isHeard: true, lastHeardMs: nowMs - 5_000 };
  const prod: EnvironmentTopology = {
    environment: "prod",
    services: {
      total: 4,
      shown: [
        { ...service, name: "cart" },
        { ...service, name: "mail", isHeard: false, lastHeardMs: nowMs - 7_200_000 },
        { ...service, name: "store", emitsTelemetry: false, isHeard: false, lastHeardMs: null },
      ],
    },
    calls: {
      total: 4,
      shown: [
        { from: "cart", to: "mail", source: "declared", isSeen: false },
        { from: "cart", to: "pay", source: "learned", isSeen: true },
        { from: "cart", to: "store", source: "both", isSeen: true },
        { from: "mail", to: "store", source: "declared", isSeen: null },
      ],
    },
    callsUnknown: 1,
    differences: {
      ...quiet,
      undeclaredCalls: { total: 1, shown: [{ from: "cart", to: "pay", text: "this", advice: "do that" }] },
      unheardServices: { total: 3, shown: [{ service: "mail", text: "no word", advice: "listen" }] },
    },
  };
  expect(topologyLines({ ...view([prod], nowMs - 60_000), environmentsLeftOut: 2 })).toEqual([
    "learned in the last 30m, until 2026-09-21 14:13:20Z",
    "this controller began to listen at 14:12:20Z",
    "",
    "prod: 4 services, 4 calls, 4 differences",
    "  services:",
    "    cart   declared, heard, last 14:13:15Z",
    "    mail   declared, not heard, last 2026-09-21 12:13:20Z",
    "    store  declared, sends no telemetry",
    "    and 1 more: --limit N, or --json",
    "  calls:",
    "    cart -> mail   declared, not seen",
    "    cart -> pay    learned, not declared",
    "    cart -> store  declared and learned",
    "    mail -> store  declared, not known whether it is made",
    "  calls that were seen and are not declared:",
    "    this",
    "      do that",
    "  declared services that are not heard:",
    "    no word",
    "      listen",
    "    and 2 more: --limit N, or --json",
    "  not known: 1 declared call, whose callers send no traces",
    "",
    "2 more environments: --environment NAME",
  ]);
});

test("where nothing differs, or nothing is there, that is said", () => {
  const environment = { environment: "", services: none, calls: none, callsUnknown: 0, differences: quiet };
  expect(topologyLines(view([environment])).slice(2)).toEqual([
    "(no environment): 0 services, 0 calls, 0 differences",
    "  no difference is known",
  ]);
  expect(topologyLines(view([]))).toEqual(["no service is declared or heard yet"]);
});
