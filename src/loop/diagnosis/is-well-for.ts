import type { Contribution, Finding } from "../detection/finding.ts";
import { callersOf } from "../incident/topology.ts";
import { edgeRedOf, redOf } from "./red-facts.ts";
import { edgeFindings, ownAlerts, ownFindings, type Scene } from "./scene.ts";

/** Enough requests to say that calls go well, and the share of failures that still counts as well. */
const callsMin = 10;
const wellShareMax = 0.05;

/** Fewer requests are none, nor is what comes of them; of what is judged together, only what its callers feel counts. */
const isHarm = ({ dimension, direction, contributions }: Finding): boolean =>
  contributions ? contributions.some((c) => felt.has(c.dimension)) : dimension !== "rate" || direction !== "below";

const felt: ReadonlySet<Contribution["dimension"]> = new Set(["latency", "errors", "dependency"]);

/**
 * The callee answers everybody but this caller, or, called by nobody else, says itself that it answers. That it is asked less often than
 * usual says nothing against it: who fails asks less of everybody.
 */
export function isWellFor(scene: Scene, callee: string, except: string): boolean {
  if (ownFindings(scene, callee).some(isHarm) || ownAlerts(scene, callee).length > 0) return false;
  const others = callersOf(scene.topology, callee).filter((c) => c !== except);
  if (others.some((c) => edgeFindings(scene, c, callee).some(isHarm))) return false;
  const seen = others
    .map((c) => edgeRedOf(scene, c, callee, scene.incident.sinceMs))
    .filter((red) => red !== undefined && red.count >= callsMin);
  if (seen.length > 0) return seen.every((red) => red !== undefined && red.errorShare < wellShareMax);
  const own = redOf(scene, callee, scene.incident.sinceMs);
  return own !== undefined && own.count >= callsMin && own.errorShare < wellShareMax;
}

/** What a caller sees fail or lag at a callee that is well for everybody else is its own fault. */
export function isOwnFault(scene: Scene, caller: string, callee: string): boolean {
  const red = edgeRedOf(scene, caller, callee, scene.incident.sinceMs);
  const isUnwell = edgeFindings(scene, caller, callee).some(isHarm) || (red?.errorShare ?? 0) >= wellShareMax;
  return isUnwell && isWellFor(scene, callee, caller);
}
