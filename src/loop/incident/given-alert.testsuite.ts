import type { AlertSignal } from "../signal/signal.ts";
import type { Group } from "./correlate.ts";

/** An alert that fires for a service. */
export const givenAlert = (service: string, over: Partial<AlertSignal> = {}): AlertSignal => ({
  kind: "alert",
  fingerprint: `${service}-${over.name ?? "HighErrorRate"}`,
  name: "HighErrorRate",
  status: "firing",
  service,
  environment: "production",
  severity: "critical",
  labels: {},
  annotations: {},
  startsAtMs: 0,
  ...over,
});

export const groupOf = (...alerts: readonly AlertSignal[]): Group => ({
  environment: "production",
  findings: [],
  alerts,
  why: "alerts",
});
