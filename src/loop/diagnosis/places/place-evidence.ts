import type { Evidence, RankedPlace } from "../diagnosis.ts";
import type { Scene } from "../scene.ts";
import { asksAboutMetric } from "../signatures/metric-names.ts";
import { evidence, type Theory } from "../theory.ts";

/** In nats: what a theory gains whose instance stands out from its siblings, or whose resource is what moved. They confirm, they do not decide. */
const sameInstance = 1;
const otherInstance = 0.5;
const movedResource = 1;

/** What the ranking of places says of one theory: the instance it speaks of, and the resource its signatures ask about. */
export function withPlace(scene: Scene, theory: Theory, place: RankedPlace | undefined): Theory {
  if (!place) return theory;
  const { pros, cons } = ofInstance(theory, place);
  return {
    ...theory,
    evidenceFor: [...theory.evidenceFor, ...pros, ...ofResource(scene, theory, place)],
    evidenceAgainst: [...theory.evidenceAgainst, ...cons],
  };
}

function ofInstance(theory: Theory, { instance }: RankedPlace): { pros: Evidence[]; cons: Evidence[] } {
  if (!instance || theory.instance === undefined) return { pros: [], cons: [] };
  const sure = `${Math.round(instance.confidence * 100)}% sure`;
  const text = `${instance.name} stands out from the other instances, ${sure}${instance.dimension === undefined ? "" : `: ${instance.dimension}`}`;
  return theory.instance === instance.name
    ? { pros: [evidence("instance-stands-out", sameInstance, text)], cons: [] }
    : { pros: [], cons: [evidence("another-instance-stands-out", otherInstance, text)] };
}

function ofResource({ signatures = [] }: Scene, theory: Theory, { resource }: RankedPlace): Evidence[] {
  const name = resource?.split("{")[0];
  if (name === undefined) return [];
  const told = new Set(theory.explanations?.map((e) => e.signature));
  const asking = signatures.filter((s) => told.has(s.name));
  return asking.some((s) => asksAboutMetric([s])(name))
    ? [evidence("resource-moved", movedResource, `of its resources ${resource} moved most`)]
    : [];
}
