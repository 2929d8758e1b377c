import type { StatusReport } from "../engine/operations.ts";
import type { Metric, Sample } from "./metric.ts";
import { statusCounters } from "./status-counters.ts";

const stateValue = { ok: 1, degraded: 0.5, failed: 0 } as const;

/** The status and what was counted as Prometheus text (exposition format 0.0.4). Every name begins with `homeostat_`. */
export const metricsText = (status: StatusReport, counted: readonly Metric[] = []): string =>
  [...statusMetrics(status), ...counted].flatMap(linesOf).join("\n") + "\n";

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  type: "gauge",
  name,
  help,
  samples,
});

const statusMetrics = (status: StatusReport): Metric[] => [
  gauge("build_info", "Which version runs.", [{ labels: { version: status.version }, value: 1 }]),
  gauge(
    "component_health",
    "1 when the part is well, 0.5 when degraded, 0 when failed.",
    status.components.map((c) => ({ labels: { component: c.name }, value: stateValue[c.state] })),
  ),
  gauge("incidents_live", "Incidents that have not ended.", [{ value: status.liveIncidents }]),
  gauge("approvals_open", "Approvals people are asked for.", [{ value: status.openApprovals.length }]),
  gauge("stops", "Scopes that are stopped.", [{ value: status.stops.length }]),
  ...statusCounters(status.counters),
];

function linesOf(metric: Metric): string[] {
  const name = `homeostat_${metric.name}`;
  const head = [`# HELP ${name} ${escapeHelp(metric.help)}`, `# TYPE ${name} ${metric.type}`];
  if (metric.type !== "histogram") return [...head, ...metric.samples.map((s) => lineOf(name, s.labels, s.value))];
  const buckets = [...metric.buckets.map(([bound, n]) => [String(bound), n] as const), ["+Inf", metric.count] as const];
  return [
    ...head,
    ...buckets.map(([le, n]) => lineOf(`${name}_bucket`, { le }, n)),
    lineOf(`${name}_sum`, undefined, metric.sum),
    lineOf(`${name}_count`, undefined, metric.count),
  ];
}

function lineOf(name: string, labels: Sample["labels"], value: number): string {
  const pairs = Object.entries(labels ?? {}).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`;
}

const escapeHelp = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');
