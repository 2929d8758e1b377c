import type { Hypothesis } from "../diagnosis/diagnosis.ts";
import type { PlanFacts } from "./plan-facts.ts";
import type { Runbook } from "./runbook.ts";

const instance = (name: string, scratch?: string) => ({
  name,
  pidFile: `/run/${name}.pid`,
  healthUrl: `http://127.0.0.1:1/${name}`,
  stopTimeoutMs: 1_000,
  startTimeoutMs: 1_000,
  ...(scratch ? { scratch } : {}),
});

/** A service with two instances that runs v2 while v1 is known to be good; flag `express` is on, config `main` drifted. */
export function planFacts(): PlanFacts {
  return {
    service: {
      name: "shop",
      environment: "test",
      owner: "team",
      tier: 2,
      labels: {},
      dependsOn: [],
      telemetryName: "shop",
      emitsTelemetry: true,
      instances: [instance("shop-1"), instance("shop-2", "/tmp/shop-2")],
      minHealthy: 1,
      config: [{ name: "main", file: "/etc/shop.json" }],
      synthetics: [],
    },
    target: {
      service: "shop",
      atMs: 1_000,
      release: "v2",
      releases: [
        { name: "v1", compatible: true, createdAtMs: 1 },
        { name: "v2", compatible: true, createdAtMs: 2 },
      ],
      config: { main: `sha256:${"b".repeat(64)}` },
      flags: { express: { state: "ENABLED", defaultVariant: "on", variants: ["on", "off"] } },
      instances: [
        { name: "shop-1", alive: true, pid: 11, startedAtMs: 5, healthy: true },
        { name: "shop-2", alive: true, pid: 12, startedAtMs: 6, healthy: false },
      ],
      unreadable: [],
    },
    known: { release: "v1", config: { main: `sha256:${"a".repeat(64)}` }, flags: { express: "off" } },
    incident: {
      id: "inc-1",
      environment: "test",
      state: "diagnosing",
      severity: 2,
      services: ["shop"],
      openedAtMs: 900,
      sinceMs: 800,
      updatedAtMs: 950,
      findings: [],
      alerts: [],
      changes: [],
      timeline: [],
      traceId: "0".repeat(32),
    },
    configCommit: "c0ffee",
  };
}

export const hypothesisOf = (cause: string, more: Partial<Hypothesis> = {}): Hypothesis => ({
  id: `h-${cause}`,
  service: "shop",
  cause,
  evidenceFor: [],
  evidenceAgainst: [],
  confidence: 0.8,
  ...more,
});

export const runbookOf = (more: Partial<Runbook> = {}): Runbook => ({
  name: "turn",
  version: "1.0.0",
  digest: `sha256:${"0".repeat(64)}`,
  owner: "team",
  reviewers: [],
  description: "turns it",
  causes: ["bad-release"],
  risk: "low",
  confidenceMin: 0.5,
  preconditions: [],
  steps: [
    {
      id: "switch",
      action: "release.switch",
      with: { to: "${known.release}" },
      timeoutMs: 1_000,
      attemptsMax: 1,
      gates: [],
      undo: [{ action: "release.switch", with: { to: "${before.release}" } }],
    },
  ],
  verify: { gates: [{ type: "red", forMs: 15_000 }], withinMs: 60_000, bakeMs: 1_000, inconclusive: "hold" },
  expected: "works again",
  escalates: false,
  ...more,
});
