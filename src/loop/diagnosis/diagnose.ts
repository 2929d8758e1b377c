import { digestOf } from "../../kernel/digest.ts";
import type { MetricSeries } from "../detection/metric-series.ts";
import type { RedBucket } from "../detection/red.ts";
import { calleesOf } from "../incident/topology.ts";
import type { RecentTraces } from "../keeping/sample-traces.ts";
import type { Diagnosis, Evidence } from "./diagnosis.ts";
import { blame } from "./blame.ts";
import { theories } from "./causes.ts";
import { operationsMoved } from "./operations-moved.ts";
import { rankPlaces } from "./places/rank-places.ts";
import { isHurt, type Scene } from "./scene.ts";
import type { Theory } from "./theory.ts";
import { weighTheories } from "./weigh-theories.ts";

/**
 * Ranks what may have caused the incident (D1), in two voices. Findings, calls and what is seen on targets say where it starts and what went
 * wrong there; the ranking of places says where it starts by all telemetry together. Deterministic.
 */
export function diagnose(scene: Scene): Diagnosis {
  const lost = telemetryLoss(scene);
  const near = suspects(scene);
  const ranking = lost ? undefined : rankPlaces(scene, near);
  const placeOf = (service: string) => ranking?.places.find((p) => p.service === service);
  const found = lost ? [lost] : near.flatMap((s) => theories(scene, blame(scene, s), placeOf(s)));
  return {
    incidentId: scene.incident.id,
    atMs: scene.nowMs,
    hypotheses: weighTheories(scene, found, ranking),
    missing: missing(scene),
    ...(scene.operations ? { operations: operationsMoved(scene.operations) } : {}),
    ...(ranking ? { ranking } : {}),
    inputs: digestOf(inputs(scene)),
  };
}

/** The hurt, everything they call, and whatever changed nearby. Bounded by the topology. */
export function suspects(scene: Scene): string[] {
  const seen = new Set<string>();
  const queue = scene.incident.services.slice(0, 50);
  while (queue.length > 0 && seen.size < 300) {
    const service = queue.shift();
    if (service === undefined || seen.has(service)) continue;
    seen.add(service);
    queue.push(...calleesOf(scene.topology, service));
  }
  return [...seen].toSorted();
}

/** When all that is wrong is silence, nothing is known to be wrong with the services (B7). */
function telemetryLoss(scene: Scene): Theory | undefined {
  const firing = scene.incident.findings.filter((f) => f.state === "firing");
  const silent = firing.filter((f) => f.dimension === "absence" || (f.dimension === "rate" && f.direction === "below"));
  if (silent.length === 0 || silent.length < firing.length || !silent.some((f) => f.dimension === "absence"))
    return undefined;
  const states = Object.values(scene.targets).flatMap((t) => t.instances ?? []);
  const well = states.length > 0 && states.every((i) => i.alive && i.healthy !== false);
  const evidenceFor: Evidence[] = [
    {
      kind: "only-silence",
      weight: 3,
      text: "telemetry stopped; no error and no slow request was seen",
      refs: silent.map((f) => f.id),
    },
    ...(well
      ? [
          {
            kind: "targets-are-well",
            weight: 2,
            text: "every instance is alive and answers its health check",
            refs: [],
          },
        ]
      : []),
  ];
  return { service: silent[0]?.service ?? "", cause: "telemetry-loss", evidenceFor, evidenceAgainst: [] };
}

function missing(scene: Scene): string[] {
  const hurt = scene.incident.services.filter((s) => isHurt(scene, s));
  return [
    ...(scene.changes.length === 0 ? ["no change, announced or observed"] : []),
    ...(scene.topology.edges.length === 0 ? ["no topology, declared or learned"] : []),
    ...hurt.filter((s) => !scene.targets[s]).map((s) => `no declared target for ${s}`),
    ...hurt
      .filter((s) => scene.targets[s] && !scene.knownGood[s]?.release && !scene.knownGood[s]?.config)
      .map((s) => `no known-good state recorded for ${s}`),
    ...Object.values(scene.targets).flatMap((t) => t.unreadable.map((u) => `${t.service}: ${u}`)),
    ...(scene.metrics?.missing ?? []),
  ];
}

/** Texts, since there may be hundreds of thousands of points. */
const streamText = ({ name, instance = "", attributes, points }: MetricSeries): unknown => [
  [name, instance, attributes],
  points.map((p) => `${p.timeMs}=${p.value}`).join(" "),
];
const textOf = ({ spans, logs }: RecentTraces): string => [...spans.map((s) => s.spanId), logs.length].join(" ");
const bucketText = ({ startMs, count, errors, ownErrors, durationSumMs }: RedBucket): string =>
  `${startMs}=${count}/${errors}/${ownErrors}/${durationSumMs}`;

const inputs = (scene: Scene): unknown => ({
  findings: scene.incident.findings.map((f) => [f.id, f.state, f.telemetry]),
  changes: scene.changes.map((c) => c.id),
  exits: scene.exits,
  topology: scene.topology,
  targets: scene.targets,
  knownGood: scene.knownGood,
  tried: scene.tried,
  ...(scene.metrics ? { metrics: scene.metrics } : {}),
  ...(scene.signatures ? { signatures: scene.signatures.map((s) => [s.name, s.version]) } : {}),
  ...(scene.logs ? { logs: scene.logs } : {}),
  ...(scene.streams ? { streams: Object.entries(scene.streams).map(([s, all]) => [s, all.map(streamText)]) } : {}),
  red: Object.entries(scene.red).map(([key, all]) => [key, all.map(bucketText).join(" ")]),
  ...(scene.recentTraces ? { recentTraces: textOf(scene.recentTraces) } : {}),
  ...(scene.failedCalls ? { failedCalls: scene.failedCalls } : {}),
  ...(scene.operations ? { operations: scene.operations } : {}),
});
