import type { Finding } from "../../detection/finding.ts";
import { callersOf } from "../../incident/topology.ts";
import { isOwnFault } from "../is-well-for.ts";
import type { Symptom } from "../rank/recording.ts";
import { isHurt, ownAlerts, ownFindings, type Scene } from "../scene.ts";

/** What detection calls it, and what the ranking does. */
const words: Readonly<Record<string, string>> = { errors: "errors", "burn-rate": "errors", duration: "latency" };

/**
 * Where it shows: at the hurt whom no other hurt service calls, for what shows below is the same harm once more. Services that are hurt in a
 * circle all show it.
 */
export function symptomsOf(scene: Scene): Symptom[] {
  const hurt = scene.incident.services.filter((s) => isHurt(scene, s));
  const first = hurt.filter((s) => !callersOf(scene.topology, s).some((c) => c !== s && isHurt(scene, c)));
  const shown = first.length > 0 ? first : hurt;
  return shown.length > 0 ? shown.flatMap((s) => ofService(scene, s)) : ofCalls(scene);
}

const ofService = (scene: Scene, service: string): Symptom[] => [
  ...ownFindings(scene, service).map((f) => symptom(service, f)),
  ...(ownAlerts(scene, service).length > 0 ? [{ place: service }] : []),
];

/** Where calls alone are hurt, it shows at their other end, unless that is well for everybody else. */
const ofCalls = (scene: Scene): Symptom[] =>
  scene.incident.findings.flatMap((f) => {
    if (f.state !== "firing" || f.edge === undefined) return [];
    const { from, to } = f.edge;
    return [symptom(isOwnFault(scene, from, to) ? from : to, f)];
  });

const symptom = (place: string, { dimension }: Finding): Symptom => ({
  place,
  dimension: words[dimension] ?? dimension,
});
