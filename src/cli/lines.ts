import { formatDuration } from "../kernel/duration.ts";
import type { IncidentView, PlanPreview, OpenApproval, StatusReport } from "../engine/operations.ts";
import { formatStopScope } from "../loop/decision/stop.ts";
import type { Incident } from "../loop/incident/incident.ts";
import { rankingLines } from "./ranking-lines.ts";

const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
const short = (digest: string): string => digest.slice(7, 19);
const section = (title: string, lines: readonly string[]): string[] => (lines.length > 0 ? ["", title, ...lines] : []);

/** `limit`: how many were asked for; as many as that are perhaps not all. */
export const incidentLines = (incidents: readonly Incident[], limit: number): string[] =>
  incidents.length === 0
    ? ["no incidents"]
    : [
        ...incidents.map(
          (i) => `${i.id}  ${time(i.openedAtMs)}  sev ${i.severity}  ${i.state.padEnd(17)} ${i.services.join(", ")}`,
        ),
        ...(incidents.length < limit ? [] : [`the newest ${limit}; there may be more: --limit N`]),
      ];

/** One incident, whole: what is thought, what waits for people, what was decided and done, and how it went. */
export function incidentViewLines({ incident, diagnosis, decisions, runs, approvals }: IncidentView): string[] {
  return [
    `${incident.id}  ${incident.state}  severity ${incident.severity}  ${incident.environment}`,
    `services: ${incident.services.join(", ")}`,
    `trace: ${incident.traceId}`,
    ...(incident.mergedInto === undefined ? [] : [`merged into: ${incident.mergedInto}`]),
    ...notKeptLines(incident),
    ...section("hypotheses:", diagnosis?.hypotheses.slice(0, 5).flatMap(hypothesisLines) ?? []),
    ...section(
      "where it starts, by all telemetry together:",
      diagnosis?.ranking ? rankingLines(diagnosis.ranking) : [],
    ),
    ...section("operations:", diagnosis?.operations?.map((o) => `  ${o.text}`) ?? []),
    ...section("approvals:", approvals.flatMap(approvalLines)),
    ...section("decisions:", decisions.slice(-5).flatMap(decisionLines)),
    ...section(
      "runs:",
      runs.map((r) => `  ${r.id}  ${r.state}  ${r.outcomes.length} of ${r.intents.length} acts completed`),
    ),
    ...section(
      "timeline:",
      incident.timeline.map((e) => `  ${time(e.atMs)}  ${e.kind.padEnd(10)} ${e.text}`),
    ),
  ];
}

function notKeptLines({ notKept }: Incident): string[] {
  const some = Object.entries(notKept ?? {}).filter(([, many]) => many > 0);
  return some.length === 0
    ? []
    : [`not kept, in the audit log only: ${some.map(([of, n]) => `${n} ${of}`).join(", ")}`];
}

const hypothesisLines = (h: NonNullable<IncidentView["diagnosis"]>["hypotheses"][number]): string[] => [
  `  ${h.confidence.toFixed(2)}  ${h.service}: ${h.cause}${h.subject ? ` (${h.subject})` : ""}`,
  ...h.evidenceFor.map((e) => `        + ${e.text}`),
  ...h.evidenceAgainst.map((e) => `        - ${e.text}`),
  ...(h.explanations ?? []).flatMap((e) => [
    `        ${e.title} ${e.advice}`,
    ...(e.missing.length > 0 ? [`        not there to look at: ${e.missing.join(", ")}`] : []),
  ]),
];

const approvalLines = (a: IncidentView["approvals"][number]): string[] => [
  `  ${short(a.planDigest)}  ${a.state}  answers: ${a.answers.map((x) => `${x.by} ${x.answer}`).join(", ") || "none"}`,
  ...(a.state === "open" ? [`      homeostat approve ${short(a.planDigest)}`] : []),
];

const decisionLines = (d: IncidentView["decisions"][number]): string[] => [
  `  ${time(d.atMs)}  ${d.effect} on plan ${short(d.planDigest)}`,
  ...d.reasons.map((r) => `      ${r.source} ${r.name}: ${r.text}`),
  ...d.errors.map((e) => `      error: ${e}`),
];

export function planLines(preview: PlanPreview): string[] {
  const { plan, decision } = preview;
  if (!plan) return [`no plan: ${preview.why}`];
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
  ];
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
const forWhat = ({ plan }: OpenApproval): string =>
  plan ? `${plan.runbook} on ${plan.service} (${plan.environment})  ` : "";
const ofRoles = ({ wanted }: OpenApproval): string => (wanted.roles.length > 0 ? ` of ${wanted.roles.join(", ")}` : "");

export function statusLines(status: StatusReport): string[] {
  return [
    `${status.state}  homeostat ${status.version}  controller ${status.controller}  config ${status.configCommit}`,
    ...status.components.map((c) => `  ${c.state.padEnd(9)} ${c.name}${c.detail ? `: ${c.detail}` : ""}`),
    ...(status.stops.length > 0 ? ["stopped:"] : []),
    ...status.stops.map((s) => `  ${formatStopScope(s.scope)} by ${s.by} at ${time(s.atMs)}: ${s.reason}`),
    `${count(status.liveIncidents, "live incident")}, ${count(status.openApprovals.length, "open approval")}`,
    ...status.openApprovals.map(
      (a) =>
        `  ${short(a.planDigest)}  ${a.incidentId}  ${forWhat(a)}wants ${a.wanted.quorum}${ofRoles(a)}, until ${time(a.expiresAtMs)}`,
    ),
    ...Object.entries(status.counters).flatMap(([name, value]) => (value === 0 ? [] : [`  ${name} ${value}`])),
    "  counters of 0 are left out; --json has all",
  ];
}
