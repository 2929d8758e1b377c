import type { Service } from "../signal/service.ts";
import type { Finding } from "../detection/finding.ts";
import type { Severity } from "./incident.ts";

/**
 * 1 to 4 (C6): the tier of the most critical hurt service, one milder when nothing but a slow or odd signal was seen,
 * one worse when most requests fail. A service nobody declared counts as tier 3.
 */
export function severityOf(findings: readonly Finding[], services: readonly Service[]): Severity {
  const firing = findings.filter((f) => f.state === "firing");
  const tiers = firing.map((f) => services.find((s) => s.name === f.service)?.tier ?? 3);
  const tier = Math.min(4, ...tiers);
  const failing = firing.some((f) => f.dimension === "errors" && f.observed > 0.5);
  const mild = !firing.some((f) => f.dimension === "errors" || f.dimension === "burn-rate" || f.dimension === "health");
  return clamp(tier + (mild ? 1 : 0) - (failing ? 1 : 0));
}

const clamp = (n: number): Severity => (n <= 1 ? 1 : n === 2 ? 2 : n === 3 ? 3 : 4);
