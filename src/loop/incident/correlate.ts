import { cutText } from "../../kernel/cut-text.ts";
import { digestOf } from "../../kernel/digest.ts";
import { oneLine } from "../../kernel/one-line.ts";
import type { AlertSignal, ChangeSignal } from "../signal/signal.ts";
import type { Service } from "../signal/service.ts";
import { ownActor } from "../signal/observed-change.ts";
import type { Finding } from "../detection/finding.ts";
import type { Incident, TimelineEntry } from "./incident.ts";
import { notKeptOf } from "./not-kept.ts";
import { severityOf } from "./severity.ts";
import { note } from "./transition.ts";

/** A group of findings and alerts that together are worth an incident, and why. */
export interface Group {
  readonly environment: string;
  readonly findings: readonly Finding[];
  readonly alerts: readonly AlertSignal[];
  readonly why: string;
}

/** Findings and alerts kept per incident; more are counted, not kept (I11). */
const keptMax = 200;

/** Changes this long before the first symptom still sit on the timeline. */
export const changeLookbackMs = 30 * 60_000;

const homeostat = { kind: "homeostat", name: "homeostat" } as const;

/**
 * A new incident. Its id is a digest of what opened it, so two controllers that see the same open the same; `afterMs`: when one
 * that the same opened had ended.
 */
export function openIncident(group: Group, services: readonly Service[], nowMs: number, afterMs?: number): Incident {
  const sinceMs = Math.min(nowMs, ...group.findings.map((f) => f.sinceMs), ...group.alerts.map((a) => a.startsAtMs));
  const seed = digestOf({
    environment: group.environment,
    ids: [...group.findings.map((f) => f.id), ...group.alerts.map((a) => a.fingerprint)].toSorted(),
    sinceMs,
    ...(afterMs === undefined ? {} : { afterMs }),
  });
  const base: Incident = {
    id: `inc-${seed.slice(7, 19)}`,
    environment: group.environment,
    state: "open",
    severity: severityOf(group, services),
    services: ranked(group),
    openedAtMs: nowMs,
    sinceMs,
    updatedAtMs: nowMs,
    findings: [],
    alerts: [],
    changes: [],
    timeline: [],
    traceId: seed.slice(7, 39),
  };
  const opened = note(base, {
    atMs: nowMs,
    kind: "state",
    actor: homeostat,
    text: `open: ${group.why}`,
    record: `${base.id}/state/0`,
  });
  return absorb(opened, group, services, nowMs);
}

/** The incident with newer versions of its findings and alerts, and new ones added (C1: one incident, not one per alert). */
export function absorb(incident: Incident, group: Group, services: readonly Service[], nowMs: number): Incident {
  const fresh = group.findings.filter((f) => changedState(incident.findings, f));
  const freshAlerts = freshOf(incident.alerts, group.alerts);
  if (fresh.length === 0 && freshAlerts.length === 0 && !group.findings.some((f) => isNewer(incident.findings, f)))
    return incident;
  const findings = replaceBy(incident.findings, group.findings, (f) => f.id);
  const alerts = replaceBy(incident.alerts, group.alerts, (a) => a.fingerprint);
  const firing = group.findings.filter((f) => f.state === "firing");
  const merged: Incident = {
    ...incident,
    findings: findings.slice(0, keptMax),
    alerts: alerts.slice(0, keptMax),
    ...notKeptOf(incident.notKept, { findings: beyond(findings), alerts: beyond(alerts) }),
    services: mergeServices(incident.services, ranked({ ...group, findings: firing })),
    severity: Math.min(incident.severity, severityOf({ findings, alerts }, services)) as Incident["severity"],
    sinceMs: Math.min(incident.sinceMs, ...group.findings.map((f) => f.sinceMs)),
    updatedAtMs: Math.max(incident.updatedAtMs, nowMs),
  };
  return tellFresh(merged, fresh, freshAlerts, nowMs);
}

/** Of those that are too many, how many fire: one that is over is not missed. */
const beyond = (all: readonly (Finding | AlertSignal)[]): number =>
  all.slice(keptMax).filter((k) => ("state" in k ? k.state : k.status) === "firing").length;

/** Lines told one by one of what came at once; what is more is one line, so that a storm leaves room for what is done about it. */
const toldMax = 20;

function tellFresh(
  incident: Incident,
  findings: readonly Finding[],
  alerts: readonly AlertSignal[],
  nowMs: number,
): Incident {
  const lines: Omit<TimelineEntry, "actor">[] = [
    ...findings.map((f) => ({
      atMs: f.atMs,
      kind: "finding" as const,
      text: f.state === "firing" ? f.summary : `cleared: ${f.summary}`,
      record: `finding/${f.id}/${f.state}/${f.atMs}`,
    })),
    ...alerts.map((a) => ({
      atMs: nowMs,
      kind: "signal" as const,
      text: alertText(a),
      record: `alert/${a.fingerprint}/${a.status}/${a.startsAtMs}`,
    })),
  ];
  const more = lines.length - toldMax;
  const told =
    more > 1 ? [...lines.slice(0, toldMax), { atMs: nowMs, kind: "signal" as const, text: moreText(more) }] : lines;
  return told.reduce<Incident>((i, line) => note(i, { ...line, actor: homeostat }), incident);
}

const moreText = (more: number): string => `and ${more} more findings and alerts at once; the audit log has each`;

const saidMax = 200;

/** With what whoever wrote the rule wants people to read. */
function alertText({ name, status, service, annotations }: AlertSignal): string {
  const said = cutText(oneLine(annotations["summary"] ?? annotations["description"] ?? ""), saidMax);
  return `alert ${name} ${status} for ${service}${said && status === "firing" ? `: ${said}` : ""}`;
}

/** Puts changes of the incident's environment on its timeline, each once (C4). */
export function addChanges(incident: Incident, changes: readonly ChangeSignal[]): Incident {
  const fresh = changes.filter(
    (c) =>
      c.timeMs >= incident.sinceMs - changeLookbackMs &&
      !incident.changes.some((k) => k.id === c.id || sameChange(k, c)),
  );
  const all = [...incident.changes, ...fresh];
  const kept: Incident = {
    ...incident,
    changes: all.slice(0, keptMax),
    ...notKeptOf(incident.notKept, { changes: Math.max(0, all.length - keptMax) }),
  };
  return fresh.reduce<Incident>(
    (i, c) =>
      note(i, {
        atMs: c.timeMs,
        kind: "signal",
        actor: { kind: "system", name: c.actor ?? c.source },
        text: describeChange(c),
        record: `change/${c.id}`,
      }),
    kept,
  );
}

/** An event and an observation of one and the same change: told and seen within two minutes of each other. */
export const sameChange = (a: ChangeSignal, b: ChangeSignal): boolean =>
  a.change === b.change &&
  a.service === b.service &&
  a.to === b.to &&
  a.subject === b.subject &&
  Math.abs(a.timeMs - b.timeMs) < 120_000;

export const describeChange = (c: ChangeSignal): string =>
  `${c.change} of ${c.service}${c.subject ? ` (${c.subject})` : ""}${c.to ? ` to ${c.to}` : ""}${c.from ? ` from ${c.from}` : ""}, ${c.actor === ownActor ? "by Homeostat" : c.source === "event" ? "announced" : "seen on the target"}`;

const ranked = (group: Pick<Group, "findings" | "alerts">): string[] => {
  const weight = new Map<string, number>();
  for (const f of group.findings)
    if (f.state === "firing") weight.set(f.service, (weight.get(f.service) ?? 0) + f.unusualness);
  for (const a of group.alerts) if (a.status === "firing") weight.set(a.service, (weight.get(a.service) ?? 0) + 1);
  return [...weight].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([s]) => s);
};

const mergeServices = (old: readonly string[], fresh: readonly string[]): string[] => [...new Set([...old, ...fresh])];

const changedState = (known: readonly Finding[], f: Finding): boolean => {
  const before = known.find((k) => k.id === f.id);
  return before ? before.state !== f.state : f.state === "firing";
};

/** A search by fingerprint for each of thousands would take long: it is looked up. */
function freshOf(known: readonly AlertSignal[], alerts: readonly AlertSignal[]): AlertSignal[] {
  const before = new Set(known.map((a) => `${a.status} ${a.fingerprint}`));
  return alerts.filter((a) => !before.has(`${a.status} ${a.fingerprint}`));
}

const isNewer = (known: readonly Finding[], f: Finding): boolean => known.some((k) => k.id === f.id && k.atMs < f.atMs);

function replaceBy<T>(old: readonly T[], fresh: readonly T[], key: (t: T) => string): T[] {
  const byKey = new Map(old.map((t) => [key(t), t] as const));
  for (const t of fresh) byKey.set(key(t), t);
  return [...byKey.values()];
}
