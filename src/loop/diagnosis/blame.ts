import { calleesOf, callersOf } from "../incident/topology.ts";
import type { Evidence } from "./diagnosis.ts";
import { evidence } from "./theory.ts";
import { edgeFindings, isHurt, onsetOf, ownAlerts, ownFindings, type Scene } from "./scene.ts";
import { measured, unanswered } from "./measured.ts";
import { isWellFor } from "./is-well-for.ts";
import { redOf } from "./red-facts.ts";

/** Evidence for and against one service being where it starts, whatever went wrong there. */
export interface Blame {
  readonly service: string;
  readonly for: readonly Evidence[];
  readonly against: readonly Evidence[];
}

/** Onsets closer than this cannot be told apart: buckets are 5 s long and batches late. */
const onsetBlurMs = 7_500;

/** Weighs where it starts. Weights are log-likelihood ratios in nats, shipped constants. */
export function blame(scene: Scene, service: string): Blame {
  const found = [
    originates(scene, service),
    explainedBy(scene, service),
    silentCallee(scene, service),
    onset(scene, service),
    coverage(scene, service),
    alerted(scene, service),
    untouched(scene, service),
    measured(scene, service),
    unanswered(scene, service),
  ].flat();
  return {
    service,
    for: found.filter((e) => e.sign > 0).map((e) => e.evidence),
    against: found.filter((e) => e.sign < 0).map((e) => e.evidence),
  };
}

type Signed = { readonly sign: 1 | -1; readonly evidence: Evidence };
const pro = (e: Evidence): Signed => ({ sign: 1, evidence: e });
const con = (e: Evidence): Signed => ({ sign: -1, evidence: e });

/** Errors that no failed call of its own explains start here; so do those of calls whose other end is well. */
function originates(scene: Scene, service: string): Signed[] {
  const refs = ownFindings(scene, service).map((f) => f.id);
  const red = redOf(scene, service, scene.incident.sinceMs);
  if (!red || red.count < 10 || red.errorShare < 0.005) return [];
  const share = red.ownErrorShare / red.errorShare;
  const told = `${percent(red.ownErrorShare)} of its requests fail without a failed call to explain it, of ${percent(red.errorShare)} that fail`;
  if (share > 0.6) return [pro(evidence("errors-originate-here", 3, told, refs))];
  if (share >= 0.25) return [pro(evidence("errors-partly-originate-here", 0.8, told, refs))];
  const { sick, well } = calleesSeen(scene, service);
  if (sick.length === 0 && well.length > 0) return [];
  return [con(evidence("errors-come-from-below", 2.5, told, refs))];
}

/** Failing or slow calls point to the other end, unless that end is well for itself and for everybody else: then to this one. */
function explainedBy(scene: Scene, service: string): Signed[] {
  const slow = ownFindings(scene, service).filter((f) => f.dimension === "duration");
  const { sick, well } = calleesSeen(scene, service);
  const refs = (callees: readonly string[]) => callees.flatMap((c) => edgeFindings(scene, service, c).map((f) => f.id));
  if (sick.length > 0)
    return [
      con(evidence("callee-is-hurt", 2, `calls to ${sick.join(", ")} are hurt too, which explains it`, refs(sick))),
    ];
  if (well.length > 0)
    return [
      pro(
        evidence(
          "only-its-own-calls-fail",
          3,
          `its calls to ${well.join(", ")} fail or lag, while ${well.join(", ")} is well for everybody else`,
          refs(well),
        ),
      ),
    ];
  if (slow.length === 0) return [];
  const others = calleesOf(scene.topology, service).join(", ") || "others";
  return [
    pro(
      evidence(
        "slow-by-itself",
        2.5,
        `slow while none of its calls to ${others} is`,
        slow.map((f) => f.id),
      ),
    ),
  ];
}

/** Callees over hurt edges: those that are hurt indeed, and those that are well by what others and they themselves say. */
function calleesSeen(scene: Scene, service: string): { sick: string[]; well: string[] } {
  const slow = ownFindings(scene, service).some((f) => f.dimension === "duration");
  const hurt = calleesOf(scene.topology, service).filter(
    (c) => edgeFindings(scene, service, c).some((f) => f.dimension !== "rate") || (isHurt(scene, c) && slow),
  );
  return {
    sick: hurt.filter((c) => !isWellFor(scene, c, service)),
    well: hurt.filter((c) => isWellFor(scene, c, service)),
  };
}

/** Callers see calls to it fail or hang, and it says nothing of that itself: it does not answer. */
function silentCallee(scene: Scene, service: string): Signed[] {
  const callers = callersOf(scene.topology, service).filter((c) =>
    edgeFindings(scene, c, service).some((f) => f.dimension !== "rate"),
  );
  if (callers.length === 0) return [];
  const refs = callers.flatMap((c) => edgeFindings(scene, c, service).map((f) => f.id));
  const [only] = callers;
  if (callers.length === 1 && only !== undefined && isWellFor(scene, service, only))
    return [
      con(evidence("well-for-others", 3, `only ${only} sees calls to it fail; it is well for everybody else`, refs)),
    ];
  const emits = scene.services.find((s) => s.name === service)?.emitsTelemetry ?? true;
  const weight = Math.min(2.4, 0.8 * callers.length) + (emits ? 0 : 1);
  return [
    pro(
      evidence(
        "callers-agree",
        weight,
        `${callers.join(", ")} see${callers.length === 1 ? "s" : ""} calls to it fail or slow down`,
        refs,
      ),
    ),
  ];
}

/** What starts earlier than its neighbours is nearer the cause. */
function onset(scene: Scene, service: string): Signed[] {
  const mine = onsetOf(scene, service);
  if (mine === undefined) return [];
  const others = scene.incident.services
    .flatMap((s) => (s === service ? [] : [onsetOf(scene, s)]))
    .filter((t) => t !== undefined);
  if (others.length === 0) return [];
  if (mine <= Math.min(...others) - onsetBlurMs)
    return [
      pro(
        evidence(
          "onset-first",
          1,
          `its symptoms began ${seconds(Math.min(...others) - mine)} before any other service's`,
        ),
      ),
    ];
  if (mine >= Math.min(...others) + onsetBlurMs)
    return [
      con(evidence("onset-later", 0.8, `its symptoms began ${seconds(mine - Math.min(...others))} after the first`)),
    ];
  return [];
}

/** What one place that is not downstream of a hurt service leaves unexplained, in nats for each such service, and at most. */
const unexplainedWeight = 1;
const unexplainedMax = 3;

/**
 * One cause explains the hurt of those who call it, however indirectly. Who is hurt and does not call it speaks for
 * another cause: a common one, such as the host, or a second one.
 */
function coverage(scene: Scene, service: string): Signed[] {
  const upstream = upstreamOf(scene, service);
  const hurt = scene.incident.services.filter((s) => s !== service && isBadlyHurt(scene, s));
  const unexplained = hurt.filter((s) => !upstream.has(s));
  if (unexplained.length === 0) return [];
  const weight = Math.min(unexplainedMax, unexplainedWeight * unexplained.length);
  return [
    con(
      evidence(
        "leaves-others-unexplained",
        weight,
        `${unexplained.join(", ")} ${unexplained.length === 1 ? "is" : "are"} hurt as well and do${unexplained.length === 1 ? "es" : ""} not call it`,
      ),
    ),
  ];
}

/** Failing or slow; more or less traffic than usual is a consequence, not a hurt. */
const isBadlyHurt = (scene: Scene, service: string): boolean =>
  ownFindings(scene, service).some(
    (f) => f.dimension === "errors" || f.dimension === "duration" || f.dimension === "burn-rate",
  );

function upstreamOf(scene: Scene, service: string): Set<string> {
  const seen = new Set<string>();
  const queue = callersOf(scene.topology, service);
  while (queue.length > 0 && seen.size < 300) {
    const caller = queue.shift();
    if (caller === undefined || seen.has(caller)) continue;
    seen.add(caller);
    queue.push(...callersOf(scene.topology, caller));
  }
  return seen;
}

/** An alert that names it speaks for it; telemetry of its own, where there is any, says more. */
function alerted(scene: Scene, service: string): Signed[] {
  const alerts = ownAlerts(scene, service);
  if (alerts.length === 0) return [];
  const names = [...new Set(alerts.map((a) => a.name))].slice(0, 3).join(", ");
  return [
    pro(
      evidence(
        "alert-names-it",
        1.5,
        `${names} ${alerts.length === 1 ? "fires" : "fire"} for it`,
        alerts.map((a) => a.fingerprint),
      ),
    ),
  ];
}

/** A service nobody sees hurt is a poor culprit. */
function untouched(scene: Scene, service: string): Signed[] {
  const seen =
    isHurt(scene, service) ||
    callersOf(scene.topology, service).some((c) => edgeFindings(scene, c, service).length > 0);
  return seen
    ? []
    : [con(evidence("not-hurt", 3.5, "neither its own telemetry nor its callers' shows anything wrong with it"))];
}

export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
export const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
