import { digestOf } from "../kernel/digest.ts";
import type { Incident, TimelineEntry } from "../loop/incident/incident.ts";
import type { StorySpan } from "../ports/tracer.ts";
import type { IncidentView } from "./operations.ts";

/** A span before it knows its place in the trace. `key` is that of the audit record it goes with, where there is one. */
type Told = Omit<StorySpan, "traceId" | "spanId" | "parentId"> & { readonly key: string; readonly under?: string };

/**
 * The one trace of an incident, from signal to outcome (M6), told from what the store holds once it ended. So it is whole
 * whoever worked on it: a controller that was killed half-way takes no span with it, and telling it again tells the same.
 */
export function spansOf(view: IncidentView): StorySpan[] {
  const { incident } = view;
  const endMs = endOf(incident);
  const told = [
    ...signalSpans(incident, endMs),
    ...lineSpans(incident),
    ...approvalSpans(view, endMs),
    ...view.runs.flatMap((run) => runSpans(run, endMs)),
  ];
  return [rootSpan(incident, endMs), ...told].map((span) => placed(incident, span));
}

const rootKey = "incident";

const endOf = (incident: Incident): number =>
  incident.timeline.findLast((e) => e.kind === "outcome")?.atMs ?? incident.endedAtMs ?? incident.updatedAtMs;

const idOf = (incident: Incident, key: string): string => digestOf([incident.id, key]).slice(7, 23);

function placed(incident: Incident, { key, under, ...span }: Told): StorySpan {
  return {
    ...span,
    endMs: Math.max(span.startMs, span.endMs),
    traceId: incident.traceId,
    spanId: idOf(incident, key),
    ...(key === rootKey ? {} : { parentId: idOf(incident, under ?? rootKey) }),
  };
}

const rootSpan = (incident: Incident, endMs: number): Told => ({
  key: rootKey,
  name: "incident",
  startMs: incident.sinceMs,
  endMs,
  attributes: {
    "homeostat.incident.id": incident.id,
    "homeostat.incident.state": incident.state,
    "homeostat.incident.severity": incident.severity,
    "homeostat.environment": incident.environment,
    "homeostat.services": incident.services,
  },
  ...(incident.state === "escalated"
    ? { error: incident.timeline.findLast((e) => e.kind === "outcome")?.text ?? "escalated" }
    : {}),
});

/** From the first sign to the incident, and each sign for as long as it was there. */
const signalSpans = (incident: Incident, endMs: number): Told[] => [
  {
    key: `${incident.id}/state/0`,
    name: "detect",
    startMs: incident.sinceMs,
    endMs: incident.openedAtMs,
    attributes: {},
  },
  ...incident.findings.map((f) => ({
    key: `finding/${f.id}`,
    name: "finding",
    startMs: f.sinceMs,
    endMs: f.state === "cleared" ? Math.min(f.atMs, endMs) : endMs,
    attributes: { "homeostat.service": f.service, "homeostat.dimension": f.dimension, "homeostat.summary": f.summary },
  })),
  ...incident.alerts.map((a) => ({
    key: `alert/${a.fingerprint}`,
    name: "alert",
    startMs: a.startsAtMs,
    endMs: Math.min(a.endsAtMs ?? endMs, endMs),
    attributes: { "homeostat.service": a.service, "homeostat.alert": a.name },
  })),
  ...incident.changes.map((c) => ({
    key: `change/${c.id}`,
    name: "change",
    startMs: c.timeMs,
    endMs: c.timeMs,
    attributes: { "homeostat.service": c.service, "homeostat.change": c.change },
  })),
];

const lineNames: Readonly<Partial<Record<TimelineEntry["kind"], string>>> = {
  hypothesis: "diagnose",
  decision: "decide",
  outcome: "outcome",
};

/** What was concluded in a moment: every diagnosis, decision and the outcome, as the timeline has them. */
const lineSpans = (incident: Incident): Told[] =>
  incident.timeline.flatMap((e) => {
    const name = lineNames[e.kind];
    if (name === undefined || e.record === undefined) return [];
    const refused = e.kind === "decision" && e.text.startsWith("deny");
    return [
      {
        key: e.record,
        name,
        startMs: e.atMs,
        endMs: e.atMs,
        attributes: { "homeostat.text": e.text },
        ...(refused ? { error: e.text } : {}),
      },
    ];
  });

/** How long people were waited for. Who answered is left to the audit log (I10). */
const approvalSpans = ({ approvals }: IncidentView, endMs: number): Told[] =>
  approvals.map((a) => ({
    key: `${a.runId}/approval-requested`,
    name: "approval",
    startMs: a.requestedAtMs,
    endMs: a.state === "expired" ? Math.min(a.expiresAtMs, endMs) : (a.answers.at(-1)?.atMs ?? endMs),
    attributes: {
      "homeostat.plan.digest": a.planDigest,
      "homeostat.approval.state": a.state,
      "homeostat.approval.quorum": a.wanted.quorum,
      "homeostat.approval.answers": a.answers.length,
    },
  }));

const failedRuns: ReadonlySet<string> = new Set(["rolled-back", "stopped", "parked", "stuck"]);

function runSpans(run: IncidentView["runs"][number], endMs: number): Told[] {
  const key = `${run.id}/started`;
  return [
    {
      key,
      name: "run",
      startMs: run.startedAtMs,
      endMs: run.endedAtMs ?? endMs,
      attributes: {
        "homeostat.run.id": run.id,
        "homeostat.run.state": run.state,
        "homeostat.plan.digest": run.planDigest,
      },
      ...(failedRuns.has(run.state) ? { error: run.state } : {}),
    },
    ...actSpans(run, key),
    ...verifySpans(run, key),
  ];
}

const actSpans = (run: IncidentView["runs"][number], under: string): Told[] =>
  run.intents.map((intent) => {
    const outcome = run.outcomes.find((o) => o.key === intent.key);
    return {
      key: `${intent.key}/step.intended`,
      under,
      name: "act",
      startMs: intent.atMs,
      endMs: outcome?.atMs ?? intent.atMs,
      attributes: {
        "homeostat.act.key": intent.key,
        "homeostat.action": intent.action,
        "homeostat.service": intent.service,
        "homeostat.decision.digest": intent.decisionDigest,
        "homeostat.effect": outcome?.effect ?? "unknown",
        "homeostat.attempts": outcome?.attempts ?? 0,
      },
      ...(outcome?.effect === "applied" ? {} : { error: outcome?.detail ?? "no outcome is recorded" }),
    };
  });

/** From the last act to the verdict. */
function verifySpans(run: IncidentView["runs"][number], under: string): Told[] {
  const seen = run.verification;
  if (!seen) return [];
  const acted = run.outcomes.filter((o) => o.atMs <= seen.atMs).map((o) => o.atMs);
  return [
    {
      key: `${run.id}/verification`,
      under,
      name: "verify",
      startMs: Math.max(run.startedAtMs, ...acted),
      endMs: seen.atMs,
      attributes: {
        "homeostat.verdict": seen.verdict,
        "homeostat.gates": seen.gates.map((g) => `${g.gate}: ${g.verdict}`),
      },
      ...(seen.verdict === "pass" ? {} : { error: seen.gates.find((g) => g.verdict !== "pass")?.text ?? seen.verdict }),
    },
  ];
}
