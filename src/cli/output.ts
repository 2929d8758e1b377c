import type { Incident } from "../loop/incident/incident.ts";
import type { IncidentView, PlanPreview, StatusReport } from "../engine/operations.ts";
import { formatStopScope } from "../loop/decision/stop.ts";
import { formatDuration } from "../kernel/duration.ts";

/** Control characters in untrusted text must not reach a terminal (I9). */
export const plain = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "�");

export function print(json: boolean, value: unknown, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${plain(text())}\n`);
}

const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");

export function incidentLines(incidents: readonly Incident[]): string {
  if (incidents.length === 0) return "no incidents";
  return incidents
    .map((i) => `${i.id}  ${time(i.openedAtMs)}  sev ${i.severity}  ${i.state.padEnd(17)} ${i.services.join(", ")}`)
    .join("\n");
}

export function incidentText(view: IncidentView): string {
  const { incident, diagnosis, runs, approvals } = view;
  return [
    `${incident.id}  ${incident.state}  severity ${incident.severity}  ${incident.environment}`,
    `services: ${incident.services.join(", ")}`,
    ...(diagnosis ? ["", "hypotheses:", ...diagnosis.hypotheses.slice(0, 5).flatMap(hypothesisLines)] : []),
    ...(approvals.length > 0
      ? [
          "",
          "approvals:",
          ...approvals.map(
            (a) =>
              `  ${a.planDigest.slice(7, 19)}  ${a.state}  answers: ${a.answers.map((x) => `${x.by} ${x.answer}`).join(", ") || "none"}`,
          ),
        ]
      : []),
    ...(runs.length > 0
      ? [
          "",
          "runs:",
          ...runs.map((r) => `  ${r.id}  ${r.state}  ${r.outcomes.length} of ${r.intents.length} acts completed`),
        ]
      : []),
    "",
    "timeline:",
    ...incident.timeline.map((e) => `  ${time(e.atMs)}  ${e.kind.padEnd(10)} ${e.text}`),
  ].join("\n");
}

const hypothesisLines = (h: NonNullable<IncidentView["diagnosis"]>["hypotheses"][number]): string[] => [
  `  ${h.confidence.toFixed(2)}  ${h.service}: ${h.cause}${h.subject ? ` (${h.subject})` : ""}`,
  ...h.evidenceFor.map((e) => `        + ${e.text}`),
  ...h.evidenceAgainst.map((e) => `        - ${e.text}`),
];

export function planText(preview: PlanPreview): string {
  const { plan, decision } = preview;
  if (!plan) return `no plan: ${preview.why}`;
  return [
    `plan ${preview.digest}`,
    `${plan.runbook.name} ${plan.runbook.version} (${plan.runbook.risk} risk) on ${plan.service} in ${plan.environment}, confidence ${plan.confidence}`,
    `expected: ${plan.expected}`,
    ...plan.steps.map(
      (s, i) =>
        `  ${i + 1}. ${s.id}: ${s.action} ${JSON.stringify(s.parameters)}; undo: ${"irreversible" in s.undo ? `none, ${s.undo.irreversible}` : s.undo.map((u) => u.action).join(", ")}`,
    ),
    `verified by: ${plan.verify.gates.map((g) => g.type).join(", ")} within ${formatDuration(plan.verify.withinMs)}, then ${formatDuration(plan.verify.bakeMs)} of watching`,
    `decision: ${decision?.effect ?? "none"}`,
    ...(decision?.reasons ?? []).map((r) => `  ${r.source} ${r.name}: ${r.text}`),
    "nothing was done",
  ].join("\n");
}

export function statusText(status: StatusReport): string {
  return [
    `${status.state}  homeostat ${status.version}  controller ${status.controller}  config ${status.configCommit}`,
    ...status.components.map((c) => `  ${c.state.padEnd(9)} ${c.name}${c.detail ? `: ${c.detail}` : ""}`),
    ...(status.stops.length > 0
      ? [
          "stopped:",
          ...status.stops.map((s) => `  ${formatStopScope(s.scope)} by ${s.by} at ${time(s.atMs)}: ${s.reason}`),
        ]
      : []),
    `${status.liveIncidents} live incidents, ${status.openApprovals.length} open approvals`,
    ...status.openApprovals.map(
      (a) => `  ${a.planDigest.slice(7, 19)}  ${a.incidentId}  wants ${a.wanted.quorum}, until ${time(a.expiresAtMs)}`,
    ),
    ...Object.entries(status.counters).map(([name, value]) => `  ${name} ${value}`),
  ].join("\n");
}
