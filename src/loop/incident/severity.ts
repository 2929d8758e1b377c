import type { AlertSignal } from "../signal/signal.ts";
import type { Service } from "../signal/service.ts";
import type { Finding } from "../detection/finding.ts";
import type { Severity } from "./incident.ts";

/** What rules call an alert that has to be seen to at once; any other word is milder. */
const urgent: ReadonlySet<string> = new Set(["page", "critical", "error", "emergency", "fatal", "high"]);
const telling: ReadonlySet<string> = new Set(["errors", "burn-rate", "health"]);

/**
 * 1 to 4 (C6): the tier of the most critical hurt service, one milder when nothing but a slow or odd signal was seen, or an alert
 * that calls itself no more than a warning, one worse when most requests fail. A service nobody declared counts as tier 3.
 */
export function severityOf(
  { findings, alerts }: { readonly findings: readonly Finding[]; readonly alerts: readonly AlertSignal[] },
  services: readonly Service[],
): Severity {
  const firing = findings.filter((f) => f.state === "firing");
  const alarms = alerts.filter((a) => a.status === "firing");
  const tiers = [...firing, ...alarms].map((s) => services.find((k) => k.name === s.service)?.tier ?? 3);
  const tier = Math.min(4, ...tiers);
  const failing = firing.some((f) => f.dimension === "errors" && f.observed > 0.5);
  const grave =
    firing.some((f) => telling.has(f.dimension)) || alarms.some((a) => urgent.has((a.severity ?? "").toLowerCase()));
  return clamp(tier + (grave ? 0 : 1) - (failing ? 1 : 0));
}

const clamp = (n: number): Severity => (n <= 1 ? 1 : n === 2 ? 2 : n === 3 ? 3 : 4);
