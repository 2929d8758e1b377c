import type { Finding } from "../detection/finding.ts";

/** A finding that a service fails. */
export const givenFinding = (service: string, over: Partial<Finding> = {}): Finding => ({
  id: `${service}/errors@demo`,
  service,
  environment: "demo",
  dimension: "errors",
  state: "firing",
  direction: "above",
  expected: { low: 0, mid: 0, high: 0.01 },
  observed: 0.4,
  unit: "share",
  unusualness: 0.999,
  sinceMs: 1_000,
  atMs: 10_000,
  agreeing: [],
  telemetry: "sha256:00",
  summary: `${service} fails`,
  ...over,
});
