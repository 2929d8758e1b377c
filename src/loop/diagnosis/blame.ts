import { calleesOf, callersOf } from "../incident/topology.ts";
import type { Evidence } from "./diagnosis.ts";
import { edgeFindings, isHurt, onsetOf, ownFindings, type Scene } from "./scene.ts";
import { redOf } from "./red-facts.ts";

/** Evidence for and against one service being where it starts, whatever went wrong there. */
export interface Blame {
  readonly service: string;
  readonly for: readonly Evidence[];
  readonly against: readonly Evidence[];
}

const evidence = (kind: string, weight: number, text: string, refs: readonly string[] = []): Evidence => ({
  kind,
  weight,
  text,
  refs,
});

/** Onsets closer than this cannot be told apart: buckets are 5 s long and batches late. */
const onsetBlurMs = 7_500;

/** Weighs where it starts. Weights are log-likelihood ratios in nats, shipped constants. */
export function blame(scene: Scene, service: string): Blame {
  const found = [
    originates(scene, service),
    explainedBy(scene, service),
    silentCallee(scene, service),
    onset(scene, service),
    untouched(scene, service),
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

/** Errors that no failed call of its own explains start here. */
function originates(scene: Scene, service: string): Signed[] {
  const refs = ownFindings(scene, service).map((f) => f.id);
  const red = redOf(scene, service, scene.incident.sinceMs);
  if (!red || red.count < 10 || red.errorShare < 0.005) return [];
  const share = red.ownErrorShare / red.errorShare;
  const told = `${percent(red.ownErrorShare)} of its requests fail without a failed call to explain it, of ${percent(red.errorShare)} that fail`;
  if (share > 0.6) return [pro(evidence("errors-originate-here", 3, told, refs))];
  if (share < 0.25) return [con(evidence("errors-come-from-below", 2.5, told, refs))];
  return [pro(evidence("errors-partly-originate-here", 0.8, told, refs))];
}

/** Slow here, and slow in what it calls: then it starts there. Slow here alone: it starts here. */
function explainedBy(scene: Scene, service: string): Signed[] {
  const slow = ownFindings(scene, service).filter((f) => f.dimension === "duration");
  const callees = calleesOf(scene.topology, service);
  const sick = callees.filter(
    (c) => edgeFindings(scene, service, c).length > 0 || (isHurt(scene, c) && slow.length > 0),
  );
  const refs = sick.flatMap((c) => edgeFindings(scene, service, c).map((f) => f.id));
  if (sick.length > 0)
    return [con(evidence("callee-is-hurt", 2, `calls to ${sick.join(", ")} are hurt too, which explains it`, refs))];
  if (slow.length > 0)
    return [
      pro(
        evidence(
          "slow-by-itself",
          2.5,
          `slow while none of its calls to ${callees.join(", ") || "others"} is`,
          slow.map((f) => f.id),
        ),
      ),
    ];
  return [];
}

/** Callers see calls to it fail or hang, and it says nothing of that itself: it does not answer. */
function silentCallee(scene: Scene, service: string): Signed[] {
  const callers = callersOf(scene.topology, service).filter((c) => edgeFindings(scene, c, service).length > 0);
  if (callers.length === 0) return [];
  const refs = callers.flatMap((c) => edgeFindings(scene, c, service).map((f) => f.id));
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
