import { digestOf } from "../../kernel/digest.ts";
import { calleesOf } from "../incident/topology.ts";
import type { Diagnosis, Evidence, Hypothesis } from "./diagnosis.ts";
import { blame } from "./blame.ts";
import { theories } from "./causes.ts";
import { operationsMoved } from "./operations-moved.ts";
import type { Theory } from "./theory.ts";
import { isHurt, type Scene } from "./scene.ts";

/** Log-odds that a hypothesis with no evidence at all is right: most are not. */
const prior = -3;
/** Evidence against a hypothesis whose remedy was tried and did not help. */
const triedWeight = 5;
const confidenceMax = 0.99;
/** Less than this is noise; it is not shown. */
const confidenceMin = 0.02;
const hypothesesMax = 10;

/**
 * Ranks what may have caused the incident (D1). Each theory's score is its prior plus evidence for minus evidence
 * against, in nats; confidence is its share among all theories and the one that nothing of this is true (a soft-max with
 * a null of score 0), so it never reaches 1 and shrinks when theories compete. Deterministic.
 */
export function diagnose(scene: Scene): Diagnosis {
  const lost = telemetryLoss(scene);
  const found = lost ? [lost] : suspects(scene).flatMap((service) => theories(scene, blame(scene, service)));
  const scored = found.map((theory) => withHistory(scene, theory)).map((theory) => ({ theory, score: score(theory) }));
  const total = 1 + scored.reduce((sum, s) => sum + Math.exp(s.score), 0);
  const shareOf = (all: readonly { readonly score: number }[]): number =>
    Math.min(confidenceMax, all.reduce((sum, s) => sum + Math.exp(s.score), 0) / total);
  const hypotheses = scored
    .map((own) =>
      hypothesis(
        scene,
        own.theory,
        shareOf([own]),
        shareOf(scored.filter((s) => s.theory.service === own.theory.service)),
      ),
    )
    .filter((h) => h.confidence >= confidenceMin)
    .toSorted((a, b) => b.confidence - a.confidence || (a.id < b.id ? -1 : 1))
    .slice(0, hypothesesMax);
  return {
    incidentId: scene.incident.id,
    atMs: scene.nowMs,
    hypotheses,
    missing: missing(scene),
    ...(scene.operations ? { operations: operationsMoved(scene.operations) } : {}),
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

function withHistory(scene: Scene, theory: Theory): Theory {
  if (!scene.tried.includes(`${theory.service}/${theory.cause}`)) return theory;
  const failed: Evidence = {
    kind: "remedy-did-not-help",
    weight: triedWeight,
    text: "its remedy was tried in this incident and did not help",
    refs: [],
  };
  return { ...theory, evidenceAgainst: [...theory.evidenceAgainst, failed] };
}

const sum = (all: readonly Evidence[]): number => all.reduce((n, e) => n + e.weight, 0);
const score = (theory: Theory): number => prior + sum(theory.evidenceFor) - sum(theory.evidenceAgainst);

const hypothesis = (scene: Scene, theory: Theory, confidence: number, placeConfidence: number): Hypothesis => ({
  id: `${scene.incident.id}/${[theory.service, theory.cause, theory.subject ?? theory.instance].filter(Boolean).join("/")}`,
  ...theory,
  evidenceFor: byWeight(theory.evidenceFor),
  evidenceAgainst: byWeight(theory.evidenceAgainst),
  confidence: rounded(confidence),
  placeConfidence: rounded(placeConfidence),
});

const rounded = (share: number): number => Math.round(share * 1000) / 1000;

const byWeight = (all: readonly Evidence[]): Evidence[] =>
  all.toSorted((a, b) => b.weight - a.weight || (a.kind < b.kind ? -1 : 1));

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
  ...(scene.streams ? { streams: scene.streams } : {}),
  ...(scene.failedCalls ? { failedCalls: scene.failedCalls } : {}),
  ...(scene.operations ? { operations: scene.operations } : {}),
});
