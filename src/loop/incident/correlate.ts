import { digestOf } from "../../kernel/digest.ts";
import type { AlertSignal, ChangeSignal } from "../signal/signal.ts";
import type { Service } from "../signal/service.ts";
import { ownActor } from "../signal/observed-change.ts";
import type { Finding } from "../detection/finding.ts";
import type { Incident } from "./incident.ts";
import { calleesOf, callersOf, type Topology } from "./topology.ts";
import { severityOf } from "./severity.ts";
import { isLive, note } from "./transition.ts";

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

/** Services a group speaks of: those hurt, and the callee of a hurt edge. */
export const servicesOf = (group: Pick<Group, "findings" | "alerts">): string[] => [
  ...new Set([
    ...group.findings.flatMap((f) => (f.edge ? [f.service, f.edge.to] : [f.service])),
    ...group.alerts.map((a) => a.service),
  ]),
];

/** The live incident this group belongs to: same environment, and a shared or directly connected service (C1). */
export function home(group: Group, live: readonly Incident[], topology: Topology): Incident | undefined {
  const own = servicesOf(group);
  const near = new Set(own.flatMap((s) => [s, ...callersOf(topology, s), ...calleesOf(topology, s)]));
  return live
    .filter((i) => i.environment === group.environment && isLive(i.state))
    .toSorted((a, b) => a.openedAtMs - b.openedAtMs)
    .find(
      (i) =>
        i.services.some((s) => near.has(s)) ||
        i.alerts.some((a) => group.alerts.some((b) => b.fingerprint === a.fingerprint)),
    );
}

/** After an incident ended, what it knew of may take this long to clear before it counts as something new. */
const afterglowMs = 5 * 60_000;

/** The group without findings that an incident which ended a moment ago already dealt with: long windows clear late. */
export function withoutAfterglow(group: Group, ended: readonly Incident[], nowMs: number): Group {
  const recent = ended.filter((i) => i.endedAtMs !== undefined && nowMs - i.endedAtMs < afterglowMs);
  const dealtWith = (f: Finding): boolean =>
    recent.some((i) => f.sinceMs <= (i.endedAtMs ?? 0) && i.findings.some((k) => k.id === f.id));
  return { ...group, findings: group.findings.filter((f) => !dealtWith(f)) };
}

/** A new incident. Its id is a digest of what opened it, so two controllers that see the same open the same. */
export function openIncident(group: Group, services: readonly Service[], nowMs: number): Incident {
  const sinceMs = Math.min(nowMs, ...group.findings.map((f) => f.sinceMs), ...group.alerts.map((a) => a.startsAtMs));
  const seed = digestOf({
    environment: group.environment,
    ids: [...group.findings.map((f) => f.id), ...group.alerts.map((a) => a.fingerprint)].toSorted(),
    sinceMs,
  });
  const base: Incident = {
    id: `inc-${seed.slice(7, 19)}`,
    environment: group.environment,
    state: "open",
    severity: severityOf(group.findings, services),
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
  const findings = replaceBy(incident.findings, group.findings, (f) => f.id).slice(0, keptMax);
  const alerts = replaceBy(incident.alerts, group.alerts, (a) => a.fingerprint).slice(0, keptMax);
  const fresh = group.findings.filter((f) => changedState(incident.findings, f));
  const freshAlerts = group.alerts.filter(
    (a) => !incident.alerts.some((b) => b.fingerprint === a.fingerprint && b.status === a.status),
  );
  if (fresh.length === 0 && freshAlerts.length === 0 && !group.findings.some((f) => isNewer(incident.findings, f)))
    return incident;
  const merged: Incident = {
    ...incident,
    findings,
    alerts,
    services: mergeServices(
      incident.services,
      ranked({ ...group, findings: group.findings.filter((f) => f.state === "firing") }),
    ),
    severity: Math.min(incident.severity, severityOf(findings, services)) as Incident["severity"],
    sinceMs: Math.min(incident.sinceMs, ...group.findings.map((f) => f.sinceMs)),
    updatedAtMs: Math.max(incident.updatedAtMs, nowMs),
  };
  const lines = [
    ...fresh.map((f) => ({
      atMs: f.atMs,
      kind: "finding" as const,
      text: f.state === "firing" ? f.summary : `cleared: ${f.summary}`,
      record: `finding/${f.id}/${f.state}/${f.atMs}`,
    })),
    ...freshAlerts.map((a) => ({
      atMs: nowMs,
      kind: "signal" as const,
      text: `alert ${a.name} ${a.status} for ${a.service}`,
      record: `alert/${a.fingerprint}/${a.status}/${a.startsAtMs}`,
    })),
  ];
  return lines.reduce<Incident>((i, line) => note(i, { ...line, actor: homeostat }), merged);
}

/** Puts changes of the incident's environment on its timeline, each once (C4). */
export function addChanges(incident: Incident, changes: readonly ChangeSignal[]): Incident {
  const fresh = changes.filter(
    (c) =>
      c.timeMs >= incident.sinceMs - changeLookbackMs &&
      !incident.changes.some((k) => k.id === c.id || sameChange(k, c)),
  );
  const kept: Incident = { ...incident, changes: [...incident.changes, ...fresh].slice(0, keptMax) };
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

const isNewer = (known: readonly Finding[], f: Finding): boolean => known.some((k) => k.id === f.id && k.atMs < f.atMs);

function replaceBy<T>(old: readonly T[], fresh: readonly T[], key: (t: T) => string): T[] {
  const byKey = new Map(old.map((t) => [key(t), t] as const));
  for (const t of fresh) byKey.set(key(t), t);
  return [...byKey.values()];
}
