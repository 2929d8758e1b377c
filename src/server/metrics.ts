import type { StatusReport } from "../engine/operations.ts";

const stateValue = { ok: 1, degraded: 0.5, failed: 0 } as const;

/** The status as Prometheus text (exposition format 0.0.4): counters as they are, component states as 1, 0.5 or 0. */
export function metricsText(status: StatusReport): string {
  const lines = [
    "# HELP homeostat_component_up 1 when the component is well, 0.5 when degraded, 0 when failed.",
    "# TYPE homeostat_component_up gauge",
    ...status.components.map((c) => `homeostat_component_up{component="${escape(c.name)}"} ${stateValue[c.state]}`),
    "# HELP homeostat_incidents_live Incidents that have not ended.",
    "# TYPE homeostat_incidents_live gauge",
    `homeostat_incidents_live ${status.liveIncidents}`,
    "# HELP homeostat_approvals_open Approvals people are asked for.",
    "# TYPE homeostat_approvals_open gauge",
    `homeostat_approvals_open ${status.openApprovals.length}`,
    "# HELP homeostat_stops Scopes that are stopped.",
    "# TYPE homeostat_stops gauge",
    `homeostat_stops ${status.stops.length}`,
    ...Object.entries(status.counters).flatMap(([name, value]) => [
      `# TYPE homeostat_${metricName(name)} gauge`,
      `homeostat_${metricName(name)} ${value}`,
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

const escape = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
const metricName = (name: string): string =>
  name
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, "_");
